"""Which process of which mode gets what: files, sockets, credentials, rights."""

import unittest

import helm_python as helm
from chart import configuration, containers, mounts, pod, render

TOKEN = "/var/run/secrets/kubernetes.io/serviceaccount"
ENVIRONMENT = [{"name": "COSMOLET_NODE", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}},
               {"name": "COSMOLET_CONFIG", "value": "/etc/cosmolet/agent.yaml"}]
WITH_FRR = {
    "runAsUser": 0, "privileged": False, "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"], "add": ["DAC_OVERRIDE"]}, "seccompProfile": {"type": "RuntimeDefault"}}


class BothModes(unittest.TestCase):
    def setUp(self):
        self.modes = {mode: render(f"mode={mode}") for mode in ("split", "embedded")}

    def test_token_is_mounted_into_the_agent_only_and_by_nobody_else(self):
        for mode, objects in self.modes.items():
            with self.subTest(mode=mode):
                self.assertIs(pod(objects)["automountServiceAccountToken"], False)
                holders = [c["name"] for c in containers(objects).values() if "token" in mounts(c)]
                self.assertEqual(holders, ["agent"])
                self.assertEqual(mounts(containers(objects)["agent"])["token"]["mountPath"], TOKEN)
                (volume,) = [v for v in pod(objects)["volumes"] if v["name"] == "token"]
                paths = {path for source in volume["projected"]["sources"] for path in written(source)}
                self.assertEqual(paths, {"token", "ca.crt", "namespace"})
                tokens = [v["name"] for v in pod(objects)["volumes"] if "serviceAccountToken" in str(v)]
                self.assertEqual(tokens, ["token"])

    def test_every_mount_has_its_volume_and_every_volume_its_mount(self):
        for mode, objects in self.modes.items():
            with self.subTest(mode=mode):
                mounted = {name for c in containers(objects).values() for name in mounts(c)}
                self.assertEqual(mounted, {v["name"] for v in pod(objects)["volumes"]})

    def test_every_configuration_is_there_and_mounted_where_it_is_read(self):
        for mode, objects in self.modes.items():
            for name, container in containers(objects).items():
                with self.subTest(mode=mode, container=name):
                    self.assertEqual(container["command"] + container["args"],
                                     ["cosmolet", name, "--config", f"/etc/cosmolet/{name}.yaml"])
                    self.assertEqual(mounts(container)[f"{name}-config"]["mountPath"], "/etc/cosmolet")
                    (volume,) = [v for v in pod(objects)["volumes"] if v["name"] == f"{name}-config"]
                    self.assertEqual(volume["configMap"], {
                        "name": objects["ConfigMap"]["metadata"]["name"],
                        "items": [{"key": f"{name}.yaml", "path": f"{name}.yaml"}]})
            self.assertEqual(set(objects["ConfigMap"]["data"]), {f"{name}.yaml" for name in containers(objects)})

    def test_every_container_has_probes_on_its_own_port(self):
        for mode, objects in self.modes.items():
            for name, container in containers(objects).items():
                with self.subTest(mode=mode, container=name):
                    (port,) = container["ports"]
                    self.assertLessEqual(len(port["name"]), 15)
                    self.assertEqual(port["containerPort"], 9724 if name == "northbound" else 9723)
                    for probe, path in (("livenessProbe", "/livez"), ("readinessProbe", "/readyz")):
                        self.assertEqual(container[probe]["httpGet"], {"path": path, "port": port["name"]})

    def test_whoever_opens_frrs_socket_has_one_capability_and_a_read_only_root(self):
        for mode, name in (("split", "northbound"), ("embedded", "agent")):
            self.assertEqual(containers(self.modes[mode])[name]["securityContext"], WITH_FRR)

    def test_privileged_leaves_out_what_kubernetes_refuses_with_it(self):
        for mode, name in (("split", "northbound"), ("embedded", "agent")):
            context = containers(render(f"mode={mode}", "securityContext.privileged=true"))[name]["securityContext"]
            self.assertIs(context["privileged"], True)
            self.assertNotIn("allowPrivilegeEscalation", context)
            self.assertNotIn("capabilities", context)
            self.assertIs(context["readOnlyRootFilesystem"], True)

    def test_journal_lies_on_the_node_in_the_pod_or_nowhere(self):
        for mode, name in (("split", "northbound"), ("embedded", "agent")):
            def journal(*expressions):
                objects = render(f"mode={mode}", *expressions)
                section = configuration(objects, name)["northbound"]
                volume = [v for v in pod(objects)["volumes"] if v["name"] == "journal"]
                mount = mounts(containers(objects)[name]).get("journal", {})
                return section["journal"], mount.get("mountPath"), volume
            file, folder = "/var/lib/cosmolet/journal.sqlite", "/var/lib/cosmolet"
            with self.subTest(mode=mode):
                self.assertEqual(journal(), (file, folder, [
                    {"name": "journal", "hostPath": {"path": folder, "type": "DirectoryOrCreate"}}]))
                self.assertEqual(journal("journal.hostPath="), (file, folder, [{"name": "journal", "emptyDir": {}}]))
                self.assertEqual(journal("journal.enabled=false"), ("off", None, []))

    def test_provider_has_the_sockets_of_the_directory_that_is_mounted(self):
        cases = {
            "mgmtd": "mgmtd:/run/frr/mgmtd_fe.sock", "bgpd": "bgpd:/run/frr/cosmolet.sock",
            "auto": "auto:/run/frr/mgmtd_fe.sock,/run/frr/cosmolet.sock",
            "bgpd:/run/frr/other.sock": "bgpd:/run/frr/other.sock",
            r"auto:/run/frr/a.sock\,/run/frr/b/c.sock": "auto:/run/frr/a.sock,/run/frr/b/c.sock"}
        for mode, name in (("split", "northbound"), ("embedded", "agent")):
            for value, written in cases.items():
                with self.subTest(mode=mode, value=value):
                    objects = render(f"mode={mode}", "frr.runDir=/run/frr", f"config.northbound.provider={value}")
                    section = configuration(objects, name)["northbound"]
                    self.assertEqual(section["provider"], written)
                    # No further mount: both sockets are in FRR's directory.
                    frr = mounts(containers(objects)[name])["frr-run"]
                    self.assertEqual((frr["mountPath"], frr["readOnly"]), ("/run/frr", True))
                    self.assertEqual(set(mounts(containers(objects)[name])), set(mounts(containers(
                        self.modes[mode])[name])))
        objects = render("config.northbound.provider=auto", "config.frr.socket=/var/run/frr/m.sock")
        self.assertEqual(configuration(objects, "northbound")["northbound"]["provider"],
                         "auto:/var/run/frr/m.sock,/var/run/frr/cosmolet.sock")

    def test_agent_of_two_processes_has_no_provider(self):
        objects = render("config.northbound.provider=bgpd")
        self.assertNotIn("provider", configuration(objects)["northbound"])

    def test_a_socket_that_no_container_has_is_refused(self):
        with self.assertRaises(helm.HelmError) as caught:
            render("config.northbound.provider=bgpd:/run/other/cosmolet.sock")
        self.assertIn("/run/other/cosmolet.sock is not below frr.runDir, /var/run/frr", str(caught.exception))

    def test_another_provider_rolls_the_pods(self):
        def checksum(*expressions):
            template = render(*expressions)["DaemonSet"]["spec"]["template"]
            return template["metadata"]["annotations"]["checksum/config"]
        for mode in self.modes:
            self.assertEqual(len({checksum(f"mode={mode}", f"config.northbound.provider={provider}")
                                  for provider in ("mgmtd", "bgpd", "auto")}), 3)

    def test_policy_and_commit_log_reach_whoever_has_frr(self):
        for mode, name in (("split", "northbound"), ("embedded", "agent")):
            objects = render(
                f"mode={mode}", "config.northbound.allowedPrefixes={198.51.100.0/24}",
                "config.northbound.staleAfter=60", "config.northbound.maximumNetworks=500",
                "config.northbound.requireJournal=true", "config.northbound.commitLog=-",
                "config.northbound.journalDays=off", "config.northbound.journalRecords=5000")
            section = configuration(objects, name)["northbound"]
            with self.subTest(mode=mode):
                self.assertEqual(section["allowedPrefixes"], ["198.51.100.0/24"])
                self.assertEqual(section["staleAfter"], 60)
                self.assertEqual(section["maximumNetworks"], 500)
                self.assertIs(section["requireJournal"], True)
                self.assertEqual(section["commitLog"], "-")
                self.assertEqual(section["journalDays"], "off")
                self.assertEqual(section["journalRecords"], 5000)


class Split(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.objects = render()
        cls.northbound = containers(cls.objects)["northbound"]
        cls.agent = containers(cls.objects)["agent"]

    def test_is_the_default(self):
        self.assertEqual(list(containers(self.objects)), ["northbound", "agent"])

    def test_agent_has_its_configuration_the_token_and_the_way_to_the_northbound(self):
        self.assertEqual({m["mountPath"] for m in self.agent["volumeMounts"]},
                         {"/etc/cosmolet", TOKEN, "/run/cosmolet"})
        self.assertEqual({m["readOnly"] for m in self.agent["volumeMounts"]}, {True})
        self.assertEqual(self.agent["env"], ENVIRONMENT)

    def test_agent_is_nobody(self):
        self.assertEqual(self.agent["securityContext"], {
            "runAsUser": 65532, "runAsNonRoot": True, "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]},
            "seccompProfile": {"type": "RuntimeDefault"}})

    def test_northbound_has_frr_and_the_journal_but_nothing_of_kubernetes(self):
        self.assertEqual({name: m["mountPath"] for name, m in mounts(self.northbound).items()}, {
            "northbound-config": "/etc/cosmolet", "frr-run": "/var/run/frr", "sockets": "/run/cosmolet",
            "journal": "/var/lib/cosmolet"})
        self.assertEqual(self.northbound["env"], [
            {"name": "COSMOLET_CONFIG", "value": "/etc/cosmolet/northbound.yaml"}])
        (volume,) = [v for v in pod(self.objects)["volumes"] if v["name"] == "frr-run"]
        self.assertEqual(volume["hostPath"], {"path": "/var/run/frr", "type": "Directory"})

    def test_configurations_hold_what_each_reads(self):
        frr = {"socket": "/var/run/frr/mgmtd_fe.sock", "table": 1790}
        classes = {"default": {"tag": 100}, "drain": {"tag": 199, "communities": ["graceful-shutdown"]},
                   "manual": {"tag": 198}}
        log = {"level": "info", "format": "json"}
        nothing = {"include": [], "exclude": []}
        self.assertEqual(configuration(self.objects), {
            "announce": {
                "kinds": ["loadBalancer"], "allowedPrefixes": [], "allowedExternalPrefixes": [],
                "loadBalancerClasses": "any", "namespaces": nothing, "namespaceLabels": nothing,
                "serviceLabels": nothing, "zeroEndpoints": "withdraw", "nodeExclusionLabel": True,
                "networkUnavailable": True, "drainOnTerminating": False,
                "fuse": {"percent": 50, "minimum": 10, "holdSeconds": 300}},
            "drain": {
                "holdSeconds": 10, "onAnnotation": True, "onNotReady": False, "onCordon": False, "onTaints": [],
                "onServiceDeletion": False},
            "frr": frr, "classes": classes, "http": {"address": "0.0.0.0:9723"}, "log": log,
            "events": {"enabled": True},
            "northbound": {"connect": "zmq+ipc:///run/cosmolet/northbound.sock"}})
        self.assertEqual(configuration(self.objects, "northbound"), {
            "frr": frr, "classes": classes, "log": log, "northbound": {
                "listen": "zmq+ipc:///run/cosmolet/northbound.sock",
                "publish": "zmq+ipc:///run/cosmolet/commits.sock", "group": "65532", "http": "0.0.0.0:9724",
                "provider": "mgmtd:/var/run/frr/mgmtd_fe.sock",
                "journal": "/var/lib/cosmolet/journal.sqlite", "journalDays": 30, "journalRecords": 100000,
                "requireJournal": False, "commitLog": "off",
                "allowedPrefixes": [], "maximumNetworks": 16384, "maximumEdits": 16384, "staleAfter": "off",
                "drainHold": 10}})

    def test_both_have_the_group_of_the_sockets(self):
        objects = render("podSecurityContext.fsGroup=4242")
        self.assertEqual(pod(objects)["securityContext"], {"fsGroup": 4242})
        self.assertEqual(configuration(objects, "northbound")["northbound"]["group"], "4242")

    def test_another_user_than_root_makes_a_directory_of_its_own_for_the_sockets(self):
        objects = render("securityContext.runAsUser=92", "securityContext.capabilities.add=null")
        listen = configuration(objects, "northbound")["northbound"]["listen"]
        self.assertEqual(listen, "zmq+ipc:///run/cosmolet/northbound/northbound.sock")
        self.assertEqual(configuration(objects)["northbound"]["connect"], listen)
        self.assertIn(f"--northbound {listen}", objects["NOTES"])

    def test_resources_are_each_containers_own(self):
        objects = render("resources.limits.cpu=1", "northboundResources.limits.memory=64Mi")
        self.assertEqual(containers(objects)["agent"]["resources"]["limits"], {"memory": "256Mi", "cpu": 1})
        self.assertEqual(containers(objects)["northbound"]["resources"]["limits"], {"memory": "64Mi"})


class Embedded(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.objects = render("mode=embedded", "metrics.podMonitor.enabled=true")

    def test_one_container_has_it_all(self):
        (agent,) = containers(self.objects).values()
        self.assertEqual(agent["env"], ENVIRONMENT)
        self.assertEqual({name: m["mountPath"] for name, m in mounts(agent).items()}, {
            "agent-config": "/etc/cosmolet", "frr-run": "/var/run/frr", "sockets": "/run/cosmolet",
            "journal": "/var/lib/cosmolet", "token": TOKEN})

    def test_agent_serves_the_northbound_itself(self):
        section = configuration(self.objects)["northbound"]
        self.assertNotIn("connect", section)
        self.assertNotIn("http", section)
        self.assertEqual(section["listen"], "zmq+ipc:///run/cosmolet/northbound.sock")
        self.assertEqual(section["maximumEdits"], 16384)

    def test_monitor_and_notes_know_one_process(self):
        self.assertEqual([e["port"] for e in self.objects["PodMonitor"]["spec"]["podMetricsEndpoints"]], ["http"])
        self.assertIn("exec POD -c agent -- cosmolet commits list\n", self.objects["NOTES"])


def written(source):
    """The files that a source of a projected volume writes."""
    if "serviceAccountToken" in source:
        return [source["serviceAccountToken"]["path"]]
    (kind,) = source.values()
    return [item["path"] for item in kind["items"]]


if __name__ == "__main__":
    unittest.main()
