"""The alerts of the chart: promtool's judgement, the metrics that they use, and their documentation."""

import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

import helm_python as helm
from chart import CHART, ROOT, render

ALERTS = CHART / "alerts.yaml"
CASES = ROOT / "Tests" / "ChartTests" / "alerts.test.yaml"


def rules(document):
    return [rule for group in document["groups"] for rule in group["rules"]]


class Alerts(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.document = helm.values_from_yaml(ALERTS.read_text())
        cls.rules = rules(cls.document)
        cls.documentation = (ROOT / "docs" / "metrics.md").read_text()

    def promtool(self, *arguments, folder=None):
        if shutil.which("promtool") is None:
            self.skipTest("promtool is missing (Debian: prometheus)")
        run = subprocess.run(["promtool", *arguments], cwd=folder, capture_output=True, text=True, check=False)
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)

    def test_promtool_takes_the_rules(self):
        self.promtool("check", "rules", str(ALERTS))

    def test_alerts_come_when_they_have_to_and_only_then(self):
        with tempfile.TemporaryDirectory() as folder:
            for file in (ALERTS, CASES):
                shutil.copy(file, pathlib.Path(folder) / file.name)
            self.promtool("test", "rules", CASES.name, folder=folder)

    def test_every_alert_has_a_case(self):
        cases = CASES.read_text()
        for rule in self.rules:
            self.assertIn(f'{{alertname="{rule["alert"]}"}}', cases)

    def test_metrics_are_those_that_there_are(self):
        # A test of MetricCatalogue keeps these tables and the code equal.
        table = dict(re.findall(r"^\| `(cosmolet_\w+)` \| \w+ \|([^|]*)\|", self.documentation, re.MULTILINE))
        for rule in self.rules:
            used = re.findall(r"(cosmolet_\w+)(?:\{([^}]*)\})?", rule["expr"])
            self.assertTrue(used, rule["alert"])
            for metric, matchers in used:
                self.assertIn(metric, table, rule["alert"])
                for label in re.findall(r"(\w+)!?=", matchers):
                    self.assertIn(f"`{label}`", table[metric], rule["alert"])

    def test_every_alert_has_severity_text_and_documentation(self):
        for rule in self.rules:
            with self.subTest(alert=rule["alert"]):
                self.assertIn(rule["labels"]["severity"], ("critical", "warning"))
                self.assertEqual(set(rule["annotations"]), {"summary", "description"})
                self.assertIn(f"| {rule['alert']} | {rule['labels']['severity']} |", self.documentation)
        documented = re.findall(r"^\| (Cosmolet\w+) \|", self.documentation, re.MULTILINE)
        self.assertEqual(documented, [rule["alert"] for rule in self.rules])

    def test_prometheus_rule_only_on_request_and_with_all_of_them(self):
        self.assertNotIn("PrometheusRule", render())
        made = render("metrics.prometheusRule.enabled=true", "metrics.prometheusRule.labels.team=net")["PrometheusRule"]
        self.assertEqual(made["apiVersion"], "monitoring.coreos.com/v1")
        self.assertEqual(made["metadata"]["labels"]["team"], "net")
        self.assertEqual(made["spec"], self.document)


if __name__ == "__main__":
    unittest.main()
