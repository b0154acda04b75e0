"""What the chart's tests share: rendering with the real Helm engine, as `helm template --set ...` does."""

import pathlib

import helm_python as helm

ROOT = pathlib.Path(__file__).resolve().parents[2]
CHART = ROOT / "charts" / "cosmolet"


def values(*expressions):
    """The values that `--set` expressions stand for, for instance values("config.bgp.asn=65001")."""
    return helm.parse_set_string(",".join(expressions)) if expressions else {}


def render(*expressions, name="cosmolet", namespace="kube-system"):
    """The rendered objects by kind, and the notes under "NOTES".

    Raises AssertionError when two objects have the same kind, and helm.HelmError when Helm refuses.
    """
    with helm.Chart.load(CHART) as chart:
        files = chart.render(values(*expressions), name=name, namespace=namespace)
    objects = {}
    for path, text in files.items():
        if path.endswith("NOTES.txt"):
            objects["NOTES"] = text
            continue
        for document in text.split("\n---\n"):
            if not document.strip():
                continue
            parsed = helm.values_from_yaml(document)
            assert parsed["kind"] not in objects, f"two objects of kind {parsed['kind']}"
            objects[parsed["kind"]] = parsed
    return objects


def configuration(objects, process="agent"):
    """The configuration file of a process, parsed."""
    return helm.values_from_yaml(objects["ConfigMap"]["data"][f"{process}.yaml"])


def pod(objects):
    """The pod of the DaemonSet."""
    return objects["DaemonSet"]["spec"]["template"]["spec"]


def containers(objects):
    """The pod's containers by name."""
    return {c["name"]: c for c in pod(objects)["containers"]}


def mounts(container):
    """A container's mounts by the volume's name."""
    return {m["name"]: m for m in container["volumeMounts"]}
