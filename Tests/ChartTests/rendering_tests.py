"""What the chart renders, value by value."""

import re
import unittest

from chart import agent_configuration, container, render


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
        pod = self.objects["DaemonSet"]["spec"]["template"]["spec"]
        self.assertIs(pod["hostNetwork"], True)
        self.assertEqual(pod["dnsPolicy"], "ClusterFirstWithHostNet")
        self.assertEqual(pod["priorityClassName"], "system-node-critical")
        self.assertEqual(pod["tolerations"], [{"operator": "Exists"}])
        strategy = self.objects["DaemonSet"]["spec"]["updateStrategy"]
        self.assertEqual(strategy, {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1}})

    def test_agent_is_started_with_its_configuration_and_node(self):
        agent = container(self.objects)
        self.assertEqual(agent["name"], "agent")
        self.assertEqual(agent["command"] + agent["args"],
                         ["cosmolet", "agent", "--config", "/etc/cosmolet/config.yaml"])
        self.assertEqual(agent["env"], [
            {"name": "COSMOLET_NODE", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}])

    def test_every_mount_has_its_volume(self):
        mounts = {m["name"]: m for m in container(self.objects)["volumeMounts"]}
        volumes = {v["name"]: v for v in self.objects["DaemonSet"]["spec"]["template"]["spec"]["volumes"]}
        self.assertEqual(set(mounts), set(volumes))
        self.assertEqual(volumes["frr-run"]["hostPath"], {"path": "/var/run/frr", "type": "Directory"})
        self.assertEqual(mounts["frr-run"]["mountPath"], "/var/run/frr")
        self.assertEqual(volumes["config"]["configMap"]["name"], self.objects["ConfigMap"]["metadata"]["name"])

    def test_probes_and_port(self):
        agent = container(self.objects)
        self.assertEqual(agent["livenessProbe"]["httpGet"], {"path": "/livez", "port": "http"})
        self.assertEqual(agent["readinessProbe"]["httpGet"], {"path": "/readyz", "port": "http"})
        self.assertEqual([(p["name"], p["containerPort"]) for p in agent["ports"]], [("http", 9723)])

    def test_agent_has_one_capability_and_a_read_only_root(self):
        self.assertEqual(container(self.objects)["securityContext"], {
            "runAsUser": 0, "privileged": False, "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"], "add": ["DAC_OVERRIDE"]}, "seccompProfile": {"type": "RuntimeDefault"}})

    def test_role_has_exactly_the_verbs(self):
        read = ["get", "list", "watch"]
        granted = sorted(
            (group, resource, sorted(rule["verbs"]))
            for rule in self.objects["ClusterRole"]["rules"]
            for group in rule["apiGroups"] for resource in rule["resources"])
        self.assertEqual(granted, [
            ("", "events", ["create", "patch"]), ("", "namespaces", read), ("", "nodes", read), ("", "services", read),
            ("discovery.k8s.io", "endpointslices", read)])

    def test_role_is_bound_to_the_pods_account(self):
        account = self.objects["ServiceAccount"]["metadata"]["name"]
        binding = self.objects["ClusterRoleBinding"]
        self.assertEqual(binding["subjects"], [
            {"kind": "ServiceAccount", "name": account, "namespace": "kube-system"}])
        self.assertEqual(binding["roleRef"]["name"], self.objects["ClusterRole"]["metadata"]["name"])
        self.assertEqual(self.objects["DaemonSet"]["spec"]["template"]["spec"]["serviceAccountName"], account)

    def test_configuration_holds_what_the_agent_reads(self):
        self.assertEqual(agent_configuration(self.objects), {
            "announce": {"kinds": ["loadBalancer"], "allowedPrefixes": [], "allowedExternalPrefixes": [],
                         "drainOnTerminating": False},
            "frr": {"socket": "/var/run/frr/mgmtd_fe.sock", "table": 1790,
                    "tags": {"default": 100, "drain": 199, "manual": 198}},
            "http": {"address": "0.0.0.0:9723"},
            "log": {"level": "info", "format": "json"}})


class Overrides(unittest.TestCase):
    def test_asn_reaches_configuration_and_notes(self):
        # The second is written 4.2e+09 by a template that forgets its type.
        for asn in (65001, 4200000000):
            objects = render(f"config.bgp.asn={asn}")
            self.assertEqual(agent_configuration(objects)["bgp"], {"asn": asn})
            self.assertIn(f"asn: {asn}\n", objects["ConfigMap"]["data"]["config.yaml"])
            self.assertIn(f"router bgp {asn}\n", objects["NOTES"])

    def test_privileged_leaves_out_what_kubernetes_refuses_with_it(self):
        context = container(render("config.bgp.asn=65001", "securityContext.privileged=true"))["securityContext"]
        self.assertIs(context["privileged"], True)
        self.assertNotIn("allowPrivilegeEscalation", context)
        self.assertNotIn("capabilities", context)
        self.assertIs(context["readOnlyRootFilesystem"], True)

    def test_run_directory_moves_mount_and_socket(self):
        objects = render("frr.runDir=/run/frr/blue/")
        self.assertEqual(agent_configuration(objects)["frr"]["socket"], "/run/frr/blue/mgmtd_fe.sock")
        self.assertIn("/run/frr/blue/", [m["mountPath"] for m in container(objects)["volumeMounts"]])

    def test_socket_may_be_named(self):
        objects = render("config.frr.socket=/var/run/frr/other.sock")
        self.assertEqual(agent_configuration(objects)["frr"]["socket"], "/var/run/frr/other.sock")

    def test_port_and_address_reach_agent_and_probes(self):
        cases = {
            "127.0.0.1": ("127.0.0.1:9000", "127.0.0.1"), "::": ("[::]:9000", None), "::1": ("[::1]:9000", "::1"),
        }
        for address, (listen, host) in cases.items():
            with self.subTest(address=address):
                objects = render(f"metrics.bindAddress={address}", "metrics.port=9000")
                self.assertEqual(agent_configuration(objects)["http"], {"address": listen})
                self.assertEqual(container(objects)["livenessProbe"]["httpGet"].get("host"), host)
                self.assertEqual(container(objects)["ports"][0]["containerPort"], 9000)

    def test_lists_of_prefixes_reach_the_configuration(self):
        objects = render("config.announce.allowedPrefixes={198.51.100.0/24,2001:db8::/64}",
                         "config.announce.kinds={externalIP}")
        announce = agent_configuration(objects)["announce"]
        self.assertEqual(announce["allowedPrefixes"], ["198.51.100.0/24", "2001:db8::/64"])
        self.assertEqual(announce["kinds"], ["externalIP"])

    def test_further_classes_reach_configuration_and_notes(self):
        objects = render("config.frr.tags.backup=150")
        self.assertEqual(agent_configuration(objects)["frr"]["tags"]["backup"], 150)
        self.assertRegex(objects["NOTES"], r"permit 150\n +description class backup\n +match tag 150\n")

    def test_a_change_of_configuration_rolls_the_pods(self):
        def checksum(*expressions):
            template = render(*expressions)["DaemonSet"]["spec"]["template"]
            return template["metadata"]["annotations"]["checksum/config"]
        self.assertTrue(re.fullmatch(r"[0-9a-f]{64}", checksum()))
        self.assertEqual(checksum(), checksum("image.tag=1.2.3"))
        self.assertNotEqual(checksum(), checksum("config.log.level=debug"))
        self.assertNotEqual(checksum(), checksum("metrics.port=9000"))

    def test_pod_monitor_only_on_request(self):
        monitor = render("metrics.podMonitor.enabled=true", "metrics.podMonitor.labels.team=net")["PodMonitor"]
        self.assertEqual(monitor["metadata"]["labels"]["team"], "net")
        self.assertEqual(monitor["spec"]["podMetricsEndpoints"][0]["port"], "http")
        self.assertIn("app.kubernetes.io/name", monitor["spec"]["selector"]["matchLabels"])

    def test_image_and_pull_secrets(self):
        objects = render("image.repository=example.org/cosmolet", "image.tag=dev", "image.pullPolicy=Always",
                         "image.pullSecrets[0].name=key")
        self.assertEqual(container(objects)["image"], "example.org/cosmolet:dev")
        self.assertEqual(container(objects)["imagePullPolicy"], "Always")
        self.assertEqual(objects["DaemonSet"]["spec"]["template"]["spec"]["imagePullSecrets"], [{"name": "key"}])

    def test_account_and_role_may_come_from_elsewhere(self):
        objects = render("serviceAccount.create=false", "serviceAccount.name=bgp", "rbac.create=false")
        self.assertEqual(set(objects), {"NOTES", "ConfigMap", "DaemonSet"})
        self.assertEqual(objects["DaemonSet"]["spec"]["template"]["spec"]["serviceAccountName"], "bgp")

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
        self.assertEqual(container(objects)["env"][1], {"name": "A", "value": "b"})
        self.assertEqual(template["spec"]["volumes"][-1], {"name": "tmp"})
        self.assertEqual(container(objects)["volumeMounts"][-1], {"name": "tmp", "mountPath": "/tmp"})
        rolling = objects["DaemonSet"]["spec"]["updateStrategy"]["rollingUpdate"]
        self.assertEqual(rolling, {"maxUnavailable": "10%"})

    def test_names_follow_release_and_overrides(self):
        self.assertEqual(render(name="edge")["DaemonSet"]["metadata"]["name"], "edge-cosmolet")
        self.assertEqual(render("nameOverride=vip", name="edge")["DaemonSet"]["metadata"]["name"], "edge-vip")
        self.assertEqual(render("fullnameOverride=bgp", name="edge")["DaemonSet"]["metadata"]["name"], "bgp")


if __name__ == "__main__":
    unittest.main()
