"""What the chart renders, value by value."""

import re
import unittest

from chart import configuration, containers, mounts, pod, render


READ = ["get", "list", "watch"]


def granted(objects):
    """What the ClusterRole allows: group, resource, verbs."""
    return sorted(
        (group, resource, sorted(rule["verbs"]))
        for rule in objects["ClusterRole"]["rules"]
        for group in rule["apiGroups"] for resource in rule["resources"])


class Defaults(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.objects = render()

    def test_all_objects_and_no_more(self):
        expected = {"NOTES", "ClusterRole", "ClusterRoleBinding", "ConfigMap", "DaemonSet", "ServiceAccount"}
        self.assertEqual(set(self.objects), expected)

    def test_every_object_has_what_kubernetes_requires(self):
        api_versions = {
            "ClusterRole": "rbac.authorization.k8s.io/v1",
            "ClusterRoleBinding": "rbac.authorization.k8s.io/v1",
            "ConfigMap": "v1",
            "DaemonSet": "apps/v1",
            "ServiceAccount": "v1",
        }
        for kind, api_version in api_versions.items():
            item = self.objects[kind]
            with self.subTest(kind=kind):
                self.assertEqual(item["apiVersion"], api_version)
                self.assertRegex(item["metadata"]["name"], r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$")
                for label, value in item["metadata"]["labels"].items():
                    self.assertRegex(value, r"^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$", label)
                is_cluster_wide = kind.startswith("Cluster")
                self.assertEqual(item["metadata"].get("namespace"), None if is_cluster_wide else "kube-system")

    def test_selector_matches_the_pods(self):
        spec = self.objects["DaemonSet"]["spec"]
        labels = spec["template"]["metadata"]["labels"]
        self.assertEqual(set(spec["selector"]["matchLabels"].items()) - set(labels.items()), set())

    def test_pods_run_on_every_node_in_its_network(self):
        spec = pod(self.objects)
        self.assertIs(spec["hostNetwork"], True)
        self.assertEqual(spec["dnsPolicy"], "ClusterFirstWithHostNet")
        self.assertEqual(spec["priorityClassName"], "system-node-critical")
        self.assertEqual(spec["tolerations"], [{"operator": "Exists"}])
        strategy = self.objects["DaemonSet"]["spec"]["updateStrategy"]
        self.assertEqual(strategy, {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1}})

    def test_role_has_exactly_the_verbs(self):
        self.assertEqual(granted(self.objects), [
            ("", "events", ["create", "patch"]), ("", "nodes", READ), ("", "services", READ),
            ("discovery.k8s.io", "endpointslices", READ)])

    def test_role_reads_namespaces_only_to_select_by_their_labels(self):
        for expression in ("include[0]=env=production", "exclude[0]=tier"):
            with self.subTest(expression=expression):
                objects = render(f"config.announce.namespaceLabels.{expression}")
                self.assertIn(("", "namespaces", READ), granted(objects))
        self.assertNotIn(("", "namespaces", READ), granted(render("config.announce.namespaces.include={shop}")))

    def test_role_is_read_only_without_events(self):
        objects = render("config.events.enabled=false")
        self.assertEqual({tuple(verbs) for _, _, verbs in granted(objects)}, {tuple(READ)})
        self.assertEqual(configuration(objects)["events"], {"enabled": False})
        self.assertEqual(configuration(self.objects)["events"], {"enabled": True})

    def test_role_is_bound_to_the_pods_account(self):
        account = self.objects["ServiceAccount"]["metadata"]["name"]
        binding = self.objects["ClusterRoleBinding"]
        self.assertEqual(binding["subjects"], [
            {"kind": "ServiceAccount", "name": account, "namespace": "kube-system"}])
        self.assertEqual(binding["roleRef"]["name"], self.objects["ClusterRole"]["metadata"]["name"])
        self.assertEqual(pod(self.objects)["serviceAccountName"], account)



class Overrides(unittest.TestCase):
    def test_asn_reaches_configuration_and_notes(self):
        # The second is written 4.2e+09 by a template that forgets its type.
        for asn in (65001, 4200000000):
            objects = render(f"config.bgp.asn={asn}")
            self.assertEqual(configuration(objects)["bgp"], {"asn": asn})
            self.assertIn(f"asn: {asn}\n", objects["ConfigMap"]["data"]["agent.yaml"])
            self.assertIn(f"router bgp {asn}\n", objects["NOTES"])

    def test_run_directory_moves_mount_and_socket(self):
        objects = render("frr.runDir=/run/frr/blue/")
        self.assertEqual(configuration(objects, "northbound")["frr"]["socket"], "/run/frr/blue/mgmtd_fe.sock")
        self.assertEqual(mounts(containers(objects)["northbound"])["frr-run"]["mountPath"], "/run/frr/blue/")

    def test_socket_may_be_named(self):
        objects = render("config.frr.socket=/var/run/frr/other.sock")
        self.assertEqual(configuration(objects, "northbound")["frr"]["socket"], "/var/run/frr/other.sock")

    def test_ports_and_address_reach_processes_and_probes(self):
        cases = {"127.0.0.1": ("127.0.0.1", "127.0.0.1"), "::": ("[::]", None), "::1": ("[::1]", "::1")}
        for address, (listen, host) in cases.items():
            with self.subTest(address=address):
                objects = render(
                    f"metrics.bindAddress={address}", "metrics.port=9000", "metrics.northboundPort=9001")
                self.assertEqual(configuration(objects)["http"], {"address": f"{listen}:9000"})
                self.assertEqual(configuration(objects, "northbound")["northbound"]["http"], f"{listen}:9001")
                for name, port in (("agent", 9000), ("northbound", 9001)):
                    container = containers(objects)[name]
                    self.assertEqual(container["livenessProbe"]["httpGet"].get("host"), host)
                    self.assertEqual(container["ports"][0]["containerPort"], port)
                    self.assertEqual(container["ports"][0]["hostPort"], port)

    def test_lists_of_prefixes_reach_the_configuration(self):
        objects = render("config.announce.allowedPrefixes={198.51.100.0/24,2001:db8::/64}",
                         "config.announce.kinds={externalIP}")
        announce = configuration(objects)["announce"]
        self.assertEqual(announce["allowedPrefixes"], ["198.51.100.0/24", "2001:db8::/64"])
        self.assertEqual(announce["kinds"], ["externalIP"])

    def test_rules_reach_the_configuration(self):
        objects = render(
            "config.announce.loadBalancerClasses={unset,example.com/bgp}", "config.announce.zeroEndpoints=keep",
            "config.announce.holdDown.changes=4", "config.announce.fuse.percent=30", "config.drain.onCordon=true",
            "config.drain.onTaints={example.com/out:NoExecute}", "config.announce.namespaces.exclude={kube-system}")
        announce, drain = (configuration(objects)[key] for key in ("announce", "drain"))
        self.assertEqual(announce["loadBalancerClasses"], ["unset", "example.com/bgp"])
        self.assertEqual(announce["zeroEndpoints"], "keep")
        self.assertEqual(announce["holdDown"], {"changes": 4})
        self.assertEqual(announce["fuse"], {"percent": 30, "minimum": 10, "holdSeconds": 300})
        self.assertEqual(announce["namespaces"], {"include": [], "exclude": ["kube-system"]})
        self.assertEqual((drain["onCordon"], drain["onTaints"]), (True, ["example.com/out:NoExecute"]))

    def test_further_classes_reach_configuration_and_notes(self):
        objects = render(
            "config.classes.backup.tag=150", "config.classes.backup.communities={65001:150,no-export}",
            "config.classes.backup.localPreference=4294967295", "config.classes.backup.asPathPrepend={65001,65001}")
        for process in ("agent", "northbound"):
            backup = configuration(objects, process)["classes"]["backup"]
            self.assertEqual((backup["tag"], backup["communities"]), (150, ["65001:150", "no-export"]))
        self.assertIn("localPreference: 4294967295\n", objects["ConfigMap"]["data"]["agent.yaml"])
        self.assertRegex(
            objects["NOTES"],
            r"permit 150\n +description class backup\n +match tag 150\n +set community 65001:150 no-export\n"
            r" +set local-preference 4294967295\n +set as-path prepend 65001 65001\n")
        self.assertRegex(objects["NOTES"], r"match tag 199\n +set community graceful-shutdown\n")

    def test_notes_have_the_lines_of_the_provider(self):
        mgmtd = ["route-map COSMOLET permit 100\n", "redistribute table-direct 1790 route-map COSMOLET\n"]
        module = ["route-map COSMOLET-default permit 10\n   set origin incomplete\n",
                  "no bgp network import-check\n"]
        expected = {"mgmtd": (mgmtd, module), "bgpd": (module, mgmtd), "auto": (mgmtd + module, [])}
        for provider, (there, not_there) in expected.items():
            notes = render(f"config.northbound.provider={provider}")["NOTES"]
            for line in there:
                self.assertIn(line, notes, provider)
            for line in not_there:
                self.assertNotIn(line, notes, provider)
        own = render("config.northbound.provider=bgpd", "config.classes.default.origin=egp")["NOTES"]
        self.assertIn("route-map COSMOLET-default permit 10\n   set origin egp\n", own)

    def test_a_change_of_configuration_rolls_the_pods(self):
        def checksum(*expressions):
            template = render(*expressions)["DaemonSet"]["spec"]["template"]
            return template["metadata"]["annotations"]["checksum/config"]
        self.assertTrue(re.fullmatch(r"[0-9a-f]{64}", checksum()))
        self.assertEqual(checksum(), checksum("image.tag=1.2.3"))
        self.assertNotEqual(checksum(), checksum("config.log.level=debug"))
        self.assertNotEqual(checksum(), checksum("metrics.port=9000"))
        self.assertNotEqual(checksum(), checksum("config.northbound.maximumEdits=9"))
        self.assertNotEqual(checksum(), checksum("config.classes.gold.tag=120"))

    def test_what_an_agent_takes_over_while_it_runs_does_not_roll_the_pods(self):
        def checksum(mode, *expressions):
            template = render(f"mode={mode}", *expressions)["DaemonSet"]["spec"]["template"]
            return template["metadata"]["annotations"]["checksum/config"]
        live = (
            "config.announce.allowedPrefixes={198.51.100.0/24}", "config.announce.namespaceLabels.include={a=b}",
            "config.announce.fuse.percent=30", "config.drain.onCordon=true", "config.bgp.asn=65001",
            "config.classes.drain.med=5")
        for mode in ("split", "embedded"):
            for expression in live:
                with self.subTest(mode=mode, expression=expression):
                    self.assertEqual(checksum(mode), checksum(mode, expression))
        # The northbound process reads its file once.
        self.assertEqual(checksum("embedded"), checksum("embedded", "config.log.level=debug"))

    def test_pod_monitor_only_on_request(self):
        monitor = render("metrics.podMonitor.enabled=true", "metrics.podMonitor.labels.team=net")["PodMonitor"]
        self.assertEqual(monitor["metadata"]["labels"]["team"], "net")
        self.assertEqual([e["port"] for e in monitor["spec"]["podMetricsEndpoints"]], ["http", "http-northbound"])
        self.assertIn("app.kubernetes.io/name", monitor["spec"]["selector"]["matchLabels"])

    def test_image_and_pull_secrets(self):
        objects = render("image.repository=example.org/cosmolet", "image.tag=dev", "image.pullPolicy=Always",
                         "image.pullSecrets[0].name=key")
        for container in containers(objects).values():
            self.assertEqual(container["image"], "example.org/cosmolet:dev")
            self.assertEqual(container["imagePullPolicy"], "Always")
        self.assertEqual(pod(objects)["imagePullSecrets"], [{"name": "key"}])

    def test_account_and_role_may_come_from_elsewhere(self):
        objects = render("serviceAccount.create=false", "serviceAccount.name=bgp", "rbac.create=false")
        self.assertEqual(set(objects), {"NOTES", "ConfigMap", "DaemonSet"})
        self.assertEqual(pod(objects)["serviceAccountName"], "bgp")

    def test_pod_details(self):
        objects = render(
            "nodeSelector.rack=a", "podAnnotations.x=y", "podLabels.tier=edge", "affinity.nodeAffinity.a=b",
            "resources.limits.cpu=1", "extraEnv[0].name=A", "extraEnv[0].value=b",
            "extraVolumes[0].name=tmp", "extraVolumeMounts[0].name=tmp", "extraVolumeMounts[0].mountPath=/tmp",
            "updateStrategy.maxUnavailable=10%", "tolerations=null")
        template = objects["DaemonSet"]["spec"]["template"]
        self.assertEqual(template["spec"]["nodeSelector"], {"kubernetes.io/os": "linux", "rack": "a"})
        self.assertEqual(template["metadata"]["annotations"]["x"], "y")
        self.assertEqual(template["metadata"]["labels"]["tier"], "edge")
        self.assertIn("nodeAffinity", template["spec"]["affinity"])
        self.assertNotIn("tolerations", template["spec"])
        self.assertEqual(containers(objects)["agent"]["env"][2], {"name": "A", "value": "b"})
        self.assertEqual(template["spec"]["volumes"][-1], {"name": "tmp"})
        self.assertEqual(containers(objects)["agent"]["volumeMounts"][-1], {"name": "tmp", "mountPath": "/tmp"})
        rolling = objects["DaemonSet"]["spec"]["updateStrategy"]["rollingUpdate"]
        self.assertEqual(rolling, {"maxUnavailable": "10%"})

    def test_names_follow_release_and_overrides(self):
        self.assertEqual(render(name="edge")["DaemonSet"]["metadata"]["name"], "edge-cosmolet")
        self.assertEqual(render("nameOverride=vip", name="edge")["DaemonSet"]["metadata"]["name"], "edge-vip")
        self.assertEqual(render("fullnameOverride=bgp", name="edge")["DaemonSet"]["metadata"]["name"], "bgp")


if __name__ == "__main__":
    unittest.main()
