"""What the chart refuses, what `helm lint` says, and whether the documentation of the values is complete."""

import json
import subprocess
import sys
import unittest

import helm_python as helm
from chart import CHART, ROOT, render, values


class Schema(unittest.TestCase):
    # A --set expression and the words that the error must contain: path of the value and what is wrong with it.
    REFUSED = [
        ("config.bgp.asn=abc", "/config/bgp/asn", "want integer"),
        ("config.bgp.asn=4294967295", "/config/bgp/asn", "maximum"),
        ("config.bgp.asm=65001", "/config/bgp", "asm"),
        ("asn=65001", "''", "asn"),
        ("config.http.address=0.0.0.0:1", "/config", "http"),
        ("config.frr.table=254", "/config/frr/table", "not"),
        ("config.frr.table=65536", "/config/frr/table", "maximum"),
        ("config.frr.tags.gold=107", "/config/frr", "tags"),
        ("config.classes.gold.tag=7", "/config/classes/gold/tag", "minimum"),
        ("config.classes.Gold.tag=150", "/config/classes", "Gold"),
        ("config.classes.gold.med=1", "/config/classes/gold", "tag"),
        ("config.classes.drain.communities={no_export}", "/config/classes/drain/communities/0", "pattern"),
        ("config.classes.drain.metric=1", "/config/classes/drain", "metric"),
        ("config.classes.drain.origin=bgp", "/config/classes/drain/origin", "incomplete"),
        ("config.frr.socket=run/frr.sock", "/config/frr/socket", "pattern"),
        ("config.announce.kinds={nodePort}", "/config/announce/kinds/0", "loadBalancer"),
        ("config.announce.allowedPrefixes={198.51.100.1}", "/config/announce/allowedPrefixes/0", "pattern"),
        ("config.announce.loadBalancerClasses=some", "/config/announce/loadBalancerClasses", "oneOf"),
        ("config.announce.namespaces.include={Shop}", "/config/announce/namespaces/include/0", "pattern"),
        ("config.announce.serviceLabels.includes={a}", "/config/announce/serviceLabels", "includes"),
        ("config.announce.zeroEndpoints=stay", "/config/announce/zeroEndpoints", "withdraw"),
        ("config.announce.holdDown.changes=1", "/config/announce/holdDown/changes", "minimum"),
        ("config.announce.fuse.percent=101", "/config/announce/fuse/percent", "maximum"),
        ("config.announce.fuse.hold=9", "/config/announce/fuse", "hold"),
        ("config.drain.holdSeconds=-1", "/config/drain/holdSeconds", "minimum"),
        ("config.drain.onCordoned=true", "/config/drain", "onCordoned"),
        ("image.port=1", "/image", "port"),
        ("config.events.enabled=often", "/config/events/enabled", "boolean"),
        ("config.log.level=loud", "/config/log/level", "warning"),
        ("frr.runDir=", "/frr/runDir", "pattern"),
        ("metrics.port=0", "/metrics/port", "minimum"),
        ("metrics.prometheusRule.enabled=1", "/metrics/prometheusRule/enabled", "boolean"),
        ("metrics.prometheusRule.rules.a=b", "/metrics/prometheusRule", "rules"),
        ("image.pullPolicy=Sometimes", "/image/pullPolicy", "IfNotPresent"),
        ("securityContext.privileged=maybe", "/securityContext/privileged", "want boolean"),
        ("updateStrategy.maxUnavailable=0", "/updateStrategy/maxUnavailable", "minimum"),
        ("mode=both", "/mode", "split"),
        ("config.northbound.provider=zebra", "/config/northbound/provider", "oneOf"),
        ("config.northbound.provider=bgpd:cosmolet.sock", "/config/northbound/provider", "oneOf"),
        ("config.northbound.provider=auto:/run/frr/mgmtd_fe.sock", "/config/northbound/provider", "oneOf"),
        ("config.northbound.provider=zmq+ipc:///run/n.sock", "/config/northbound/provider", "oneOf"),
        (r"frr.runDir=/run/a\,b", "/frr/runDir", "pattern"),
        ("config.northbound.maximumEdits=0", "/config/northbound/maximumEdits", "minimum"),
        ("config.northbound.allowedPrefixes={10.0.0.1}", "/config/northbound/allowedPrefixes/0", "pattern"),
        ("config.northbound.journalDays=0", "/config/northbound/journalDays", "oneOf"),
        ("config.northbound.journalRecords=999", "/config/northbound/journalRecords", "minimum"),
        ("config.northbound.staleAfter=2", "/config/northbound/staleAfter", "oneOf"),
        ("config.northbound.staleAfter=never", "/config/northbound/staleAfter", "oneOf"),
        ("config.northbound.commitLog=commits.jsonl", "/config/northbound/commitLog", "pattern"),
        ("config.northbound.journal=/tmp/x", "/config/northbound", "journal"),
        ("config.northbound=null", "/config", "northbound"),
        ("journal.path=/tmp/x", "/journal", "path"),
        ("journal.hostPath=var/lib", "/journal/hostPath", "pattern"),
        ("metrics.northboundPort=65536", "/metrics/northboundPort", "maximum"),
        ("northboundResources.request.cpu=1", "/northboundResources", "request"),
        ("agentSecurityContext.runAsUser=0", "/agentSecurityContext/runAsUser", "minimum"),
        ("agentSecurityContext.runAsNonRoot=false", "/agentSecurityContext/runAsNonRoot", "must be"),
        ("agentSecurityContext.allowPrivilegeEscalation=true", "/agentSecurityContext/allowPrivilegeEscalation",
         "must be"),
        ("podSecurityContext.fsGroup=0", "/podSecurityContext/fsGroup", "minimum"),
        ("livenessProbe.period=3", "/livenessProbe", "period"),
    ]

    def test_refuses_bad_values_and_names_the_key(self):
        for expression, path, problem in self.REFUSED:
            with self.subTest(expression=expression):
                with self.assertRaises(helm.HelmValuesError) as caught:
                    render(expression)
                self.assertIn(f"at {path}" if path == "''" else f"at '{path}'", str(caught.exception))
                self.assertIn(problem, str(caught.exception))

    def test_takes_what_umbrella_charts_add(self):
        self.assertIn("DaemonSet", render("global.region=eu"))

    def test_knows_every_value_of_the_defaults(self):
        with helm.Chart.load(CHART) as chart:
            schema, defaults = chart.schema, chart.values
        self.assertEqual(list(undeclared(defaults, schema, schema, "")), [])

    def test_every_object_of_ours_is_closed(self):
        schema = json.loads((CHART / "values.schema.json").read_text())
        open_objects = [path for path in objects_without_closing(schema, "")]
        # These are Kubernetes' own types.
        self.assertEqual(open_objects, ["/securityContext", "/agentSecurityContext", "/podSecurityContext"])


def undeclared(value, schema, root, path):
    """Paths in `value` that the schema takes only because it is open there, or not at all."""
    if "$ref" in schema:
        schema = root["definitions"][schema["$ref"].rsplit("/", 1)[1]]
    if not isinstance(value, dict):
        return
    for key, child in value.items():
        child_schema = schema.get("properties", {}).get(key) or schema.get("additionalProperties")
        if isinstance(child_schema, dict):
            yield from undeclared(child, child_schema, root, f"{path}/{key}")
        elif "properties" in schema:
            yield f"{path}/{key}"


def objects_without_closing(schema, path):
    if "properties" in schema and "additionalProperties" not in schema:
        yield path
    for key, child in schema.get("properties", {}).items():
        yield from objects_without_closing(child, f"{path}/{key}")


class Lint(unittest.TestCase):
    def test_helm_lint_has_no_warning(self):
        for expressions in ([], ["mode=embedded"], ["config.bgp.asn=65001", "metrics.podMonitor.enabled=true"]):
            report = helm.lint(CHART, values(*expressions), strict=True, namespace="kube-system")
            self.assertEqual(report["errors"], [])
            # 1 is an information: that a chart may have an icon.
            self.assertEqual([m for m in report["messages"] if m["severity"] > 1], [])

    def test_chart_packages(self):
        with helm.Chart.load(CHART) as chart:
            self.assertEqual((chart.name, chart.metadata["apiVersion"]), ("cosmolet", "v2"))
            self.assertEqual(chart.metadata["appVersion"], "0.1.0")


class Documentation(unittest.TestCase):
    def test_every_value_has_a_comment_and_is_in_the_readme(self):
        check = subprocess.run(
            [sys.executable, ROOT / "hack" / "lib" / "chart-values"], capture_output=True, text=True, check=False)
        self.assertEqual((check.returncode, check.stderr), (0, ""))


if __name__ == "__main__":
    unittest.main()
