#!/usr/bin/env python3
"""Tests of the module inside a real bgpd, of FRR 10.3 (node-c) and 10.7 (node-d).

Started by `hack/frr-module test live`.
"""

import os
import pathlib
import random
import subprocess
import sys
import time
import unittest

import northbound_client as api
from lab import LAB, Node, RouterLog, lab, router_count, router_counts, router_versions, routes, wait_until
from northbound_client import announce, define, undefine, withdraw

CLASSES = define("gold", community="65001:100") + define("silver", community="65001:101")


def fingerprint(data, start=0xCBF29CE484222325):
    """The check sum of the state file, before it is cut: FNV-1a and a last mix."""
    for byte in data:
        start = (start ^ byte) * 0x100000001B3 % (1 << 64)
    return start ^ start >> 29


def state_head(boot, seconds):
    """The first line of a state file, without its end."""
    line = f"cosmolet-northbound 2 {boot} {seconds:012}"
    return f"{line} {fingerprint(bytes(8), fingerprint(line.encode())) & 0xFFFFFFFF:08x}"


class ModuleTests:
    """What holds for each release."""

    node: Node

    def setUp(self):
        self.client = api.Client(self.node.socket, self.id().rsplit(".", 1)[-1])
        self.addCleanup(self.client.close)
        self.clear()

    def clear(self):
        """Nothing of ours but the two classes."""
        edits = [api.edit(api.REMOVE, path.removesuffix("/rmap-policy-export")) for path in self.client.get()[0]]
        names = {path.split("name='COSMOLET-")[1].split("'")[0] for path in self.client.get(["/frr-route-map:lib"])[0]}
        self.client.commit(edits)
        # A long time of fuzzing makes more classes than one transaction may change.
        removals = [undefine(name) for name in sorted(names)]
        for start in range(0, len(removals), 32):
            self.client.commit(removals[start:start + 32])
        self.client.commit(CLASSES)

    def refused(self, code, edits, **arguments):
        """The words of a commit that is refused with a code, and changes nothing."""
        before = self.running()
        with self.assertRaises(api.CallFailed) as caught:
            self.client.commit(edits, **arguments)
        self.assertEqual(caught.exception.code, code, caught.exception.text)
        self.assertEqual(self.running(), before)
        return caught.exception.text

    def running(self):
        return [line for line in self.node.vtysh("show running-config").splitlines() if line.strip()]

    # ---- What it says of itself ----

    def test_capabilities(self):
        reply = self.client.capabilities()
        management = api.fields(reply[4][0])
        self.assertEqual(management[1], [b"bgpd"])
        self.assertEqual(management[4][0].decode(), self.node.facts["frrVersion"])
        instance = api.fields(reply[100][0])
        self.assertEqual((instance[1], instance[2], instance[3]), ([b"default"], [65001], [0]))
        self.node.vtysh("conf t", "router bgp 65001", "bgp network import-check")
        instance = api.fields(self.client.capabilities()[100][0])
        self.node.vtysh("conf t", "router bgp 65001", "no bgp network import-check")
        self.assertEqual(instance[3], [1])

    def test_redistributions_are_told(self):
        lines = [api.fields(line) for line in api.fields(self.client.capabilities()[100][0])[4]]
        found = {(line[1][0], line[2][0], line[3][0], line[4][0]) for line in lines}
        self.assertEqual(found, {(4, 1790, b"COSMOLET", 1), (6, 1790, b"COSMOLET", 1)})

    # ---- What BGP has ----

    def test_state_is_what_bgp_has(self):
        prefixes = ["198.51.100.1/32", "2001:db8::1/128"]
        self.client.commit([announce(prefix) for prefix in prefixes] + [announce("198.51.100.2/32", "silver")])
        self.assertEqual(
            self.client.state(),
            dict.fromkeys(prefixes, "COSMOLET-gold") | {"198.51.100.2/32": "COSMOLET-silver"})
        # Without its route-map the statement stays, and BGP has nothing.
        self.node.vtysh("conf t", "no route-map COSMOLET-silver")
        wait_until("BGP has dropped it", lambda: set(self.client.state()) == set(prefixes))
        self.assertEqual(len(self.client.networks()), 3)
        self.assertEqual(self.client.state([api.network_path("198.51.100.2/32")]), {})

    def test_redistributed_prefixes_are_seen(self):
        # The same prefix by a statement, one by none, and one whose tag is denied.
        self.client.commit([announce("198.51.100.1/32")])
        routes = [("198.51.100.1/32", 100), ("198.51.100.3/32", 100), ("198.51.100.4/32", 104)]
        lines = [f"ip route {prefix} Null0 tag {tag} table 1790" for prefix, tag in routes]
        self.addCleanup(self.node.vtysh, "conf t", *("no " + line for line in lines))
        self.assertEqual(self.client.state(redistributed=True), {})
        self.node.vtysh("conf t", *lines)
        paths = [api.network_path(prefix) for prefix, _ in routes]
        wait_until("BGP has both", lambda: len(self.client.state(paths, redistributed=True)) == 2)
        self.assertEqual(
            self.client.state(paths, redistributed=True), {"198.51.100.1/32": None, "198.51.100.3/32": None})
        self.assertEqual(self.client.state(redistributed=True), {"198.51.100.1/32": None})
        self.assertEqual(self.client.state(), {"198.51.100.1/32": "COSMOLET-gold"})
        self.client.commit([api.withdraw("198.51.100.1/32")])
        self.assertEqual(self.client.state(), {})
        self.assertEqual(len(self.client.state(paths, redistributed=True)), 2)
        self.node.vtysh("conf t", "no " + lines[1])
        wait_until("one is gone", lambda: len(self.client.state(paths, redistributed=True)) == 1)

    def test_show_command(self):
        self.client.commit([announce("198.51.100.1/32")])
        shown = self.node.show()
        self.assertEqual((shown["networks"], shown["listening"]), (1, True))
        self.assertEqual(shown["frrVersion"], self.node.facts["frrVersion"])
        self.assertEqual(shown["generation"], self.client.get()[1])
        self.assertIn("Networks of ours 1", self.node.bgpd("show cosmolet northbound"))

    # ---- Transactions ----

    def test_networks_reach_both_routers(self):
        prefixes = ["198.51.100.1/32", "2001:db8:5::1/128"]
        self.client.commit([announce(prefixes[0]), announce(prefixes[1], "silver")])
        own = [self.node.facts["ipv4"], self.node.facts["ipv6"]]

        def arrived():
            for router in ("router-frr", "router-bird"):
                found = routes(router, *prefixes)
                if found[prefixes[0]].get(own[0]) != ["65001:100"] or found[prefixes[1]].get(own[1]) != ["65001:101"]:
                    return False
            return True

        wait_until("both routers have both networks with their communities", arrived)
        self.client.commit([withdraw(prefix) for prefix in prefixes])

        def gone():
            found = [routes(router, *prefixes) for router in ("router-frr", "router-bird")]
            return not any(own[index] in each[prefixes[index]] for each in found for index in range(2))

        wait_until("both routers have lost them", gone)

    def test_ipv6_address_that_glibc_writes_otherwise(self):
        self.client.commit([announce("::102:304/128")])
        self.assertEqual(self.client.networks(), {"::102:304/128": "COSMOLET-gold"})
        for spelling in ("::102:304/128", "::1.2.3.4/128"):
            self.assertEqual(list(self.client.get([api.network_path(spelling)])[0].values()), ["COSMOLET-gold"])
        self.client.commit([withdraw("::102:304/128")])
        self.assertEqual(self.client.networks(), {})

    def test_refused_transaction_changes_nothing(self):
        self.node.vtysh("conf t", "router bgp 65001", "address-family ipv4 unicast", "network 192.0.2.77/32")
        self.addCleanup(
            self.node.vtysh, "conf t", "router bgp 65001", "address-family ipv4 unicast", "no network 192.0.2.77/32")
        text = self.refused(
            api.FAILED_PRECONDITION,
            define("bronze", med="5") + [announce("198.51.100.1/32", "bronze"), announce("192.0.2.77/32")])
        self.assertIn("[prefix='192.0.2.77/32']", text)
        self.refused(api.FAILED_PRECONDITION, [announce("198.51.100.1/32"), announce("198.51.100.2/32", "unknown")])
        self.refused(api.FAILED_PRECONDITION, [announce("198.51.100.1/32", vrf="unknown")])
        self.refused(api.INVALID_ARGUMENT, [announce("198.51.100.1/32"), announce("198.51.100.1/24")])
        self.refused(api.INVALID_ARGUMENT, [announce("fe80::1/128")])
        self.refused(api.FAILED_PRECONDITION, [announce("198.51.100.1/32"), undefine("gold")])
        # A removal leaves alone what is not ours.
        before = self.running()
        self.client.commit([withdraw("192.0.2.77/32")])
        self.assertEqual(self.running(), before)
        self.assertEqual(self.client.networks(foreign=True), {"192.0.2.77/32": None})

    def test_validate_changes_nothing(self):
        before = self.running()
        generation = self.client.get()[1]
        self.assertEqual(self.client.commit([announce("198.51.100.1/32")], phase=api.VALIDATE), generation)
        self.assertEqual(self.running(), before)

    def test_compare_and_set(self):
        generation = self.client.get()[1]
        following = self.client.commit([announce("198.51.100.1/32")], generation=generation)
        self.assertGreater(following, generation)
        self.refused(api.ABORTED, [announce("198.51.100.2/32")], generation=generation)
        # What somebody does by hand is another state as well, once it was noticed.
        self.node.vtysh(
            "conf t", "router bgp 65001", "address-family ipv4 unicast",
            "no network 198.51.100.1/32 route-map COSMOLET-gold")
        self.assertGreater(self.client.get()[1], following)
        self.refused(api.ABORTED, [announce("198.51.100.2/32")], generation=following)

    def test_repeated_request_gets_the_first_outcome(self):
        name = api.Client.next_id()
        first = self.client.commit([announce("198.51.100.1/32")], request_id=name)
        self.client.commit([withdraw("198.51.100.1/32")])
        self.assertEqual(self.client.commit([announce("198.51.100.1/32")], request_id=name), first)
        self.assertEqual(self.client.networks(), {})

    def test_random_transactions(self):
        generator = random.Random(20260704)
        prefixes = [f"203.0.113.{number}/32" for number in range(40)]
        prefixes += [f"2001:db8:7::{number:x}/128" for number in range(1, 41)]
        model = {}
        for _ in range(int(os.environ.get("COSMOLET_RANDOM_TRANSACTIONS", "2000"))):
            wanted, edits = dict(model), []
            for prefix in generator.sample(prefixes, generator.randrange(1, 12)):
                if generator.random() < 0.6:
                    name = generator.choice(["gold", "silver"])
                    edits.append(announce(prefix, name))
                    wanted[prefix] = "COSMOLET-" + name
                else:
                    edits.append(withdraw(prefix))
                    wanted.pop(prefix, None)
            if generator.random() < 0.2:
                edits.insert(generator.randrange(len(edits) + 1), announce("203.0.113.250/32", "unknown"))
                with self.assertRaises(api.CallFailed):
                    self.client.commit(edits)
            else:
                self.client.commit(edits)
                model = wanted
            if generator.random() < 0.05:
                self.assertEqual(self.client.networks(), model)
        self.assertEqual(self.client.networks(), model)
        count = sum(1 for prefix in model if ":" not in prefix)
        wait_until("the router has what the model has", lambda: router_count(self.node) == ("Established", count))

    def test_named_vrf(self):
        self.node.vtysh("conf t", "router bgp 65001 vrf blue", "no bgp network import-check")
        self.addCleanup(self.node.vtysh, "conf t", "no router bgp 65001 vrf blue")
        self.client.commit([announce("198.51.100.1/32", vrf="blue"), announce("2001:db8::9/128", "silver", "blue")])
        values, _ = self.client.get()
        self.assertEqual({path.split("[vrf='")[1].split("'")[0] for path in values}, {"blue"})
        self.assertEqual(len(values), 2)
        blue = self.node.vtysh("show running-config").split("router bgp 65001 vrf blue")[1]
        self.assertIn("network 198.51.100.1/32 route-map COSMOLET-gold", blue)
        self.client.commit([withdraw("198.51.100.1/32", "blue"), withdraw("2001:db8::9/128", "blue")])

    def test_vrf_whose_name_fits_no_path(self):
        self.node.vtysh("conf t", "router bgp 65001 vrf a'b", "no bgp network import-check")
        self.addCleanup(self.node.vtysh, "conf t", "no router bgp 65001 vrf a'b")
        self.assertIn("vrf a'b", self.node.vtysh("show running-config"))
        names = [api.fields(instance)[1] for instance in self.client.capabilities()[100]]
        self.assertEqual(names, [[b"default"]])

    def test_ten_thousand_networks_in_one_turn(self):
        prefixes = [f"10.{number >> 16 & 3 | 16}.{number >> 8 & 255}.{number & 255}/32" for number in range(10000)]
        turns, generation = {}, self.client.commit([announce(prefix) for prefix in prefixes])
        turns["applied"] = self.node.show()["lastTurnMicroseconds"]
        self.assertEqual(len(self.client.networks()), 10000)
        turns["all read"] = self.node.show()["lastTurnMicroseconds"]
        with self.assertRaises(api.CallFailed) as caught:
            self.client.commit([announce(prefixes[0])], generation=generation - 1)
        self.assertEqual(caught.exception.code, api.ABORTED)
        turns["audited"] = self.node.show()["lastTurnMicroseconds"]
        self.client.commit([withdraw(prefix) for prefix in prefixes])
        words = ", ".join(f"{what} in {turn / 1000:.1f} ms" for what, turn in turns.items())
        print(f"{self.node.name}: 10,000 networks {words} of bgpd's loop", flush=True)
        # Far from what it is, and far from a hold timer.
        self.assertLess(max(turns.values()), 1000000)

    # ---- Classes ----

    def test_class_attributes(self):
        self.client.commit(
            define("bronze", community="65001:102 graceful-shutdown", large_community="65001:1:2", med="77",
                   prepend="65001 65001", origin="incomplete", local_preference="250")
            + [announce("198.51.100.8/32", "bronze")])
        config = self.node.vtysh("show running-config")
        for line in ("set as-path prepend 65001 65001", "set large-community 65001:1:2", "set local-preference 250",
                     "set metric 77", "set origin incomplete"):
            self.assertIn(line, config)

        def detail():
            return lab("vtysh", "router-frr", "-c", "show bgp ipv4 unicast 198.51.100.8/32")

        text = wait_until("the route is at the router", lambda: "metric 77" in detail() and detail())
        for words in ("65001 65001 65001", "metric 77", "incomplete", "65001:102", "65001:1:2"):
            self.assertIn(words, text)
        # What a class becomes reaches its networks with the transaction, not with bgpd's route-map delay timer.
        self.client.commit([api.edit(api.SET, api.attribute_path("bronze", "med"), "78"),
                            api.edit(api.REMOVE, api.attribute_path("bronze", "prepend", leaf=False))])
        wait_until("the change is at the router", lambda: "metric 78" in detail())
        self.assertNotIn("65001 65001", detail())
        # A class and its last network go together.
        self.client.commit([withdraw("198.51.100.8/32"), undefine("bronze")])
        self.assertNotIn("COSMOLET-bronze", self.node.vtysh("show running-config"))

    def test_operators_class_is_used_and_not_changed(self):
        self.node.vtysh("conf t", "route-map COSMOLET-theirs permit 10", "match ip address prefix-list X",
                        "set community 65001:105")
        self.addCleanup(self.node.vtysh, "conf t", "no route-map COSMOLET-theirs")
        self.client.commit([announce("198.51.100.9/32", "theirs")])
        self.refused(api.FAILED_PRECONDITION, define("theirs", med="5"))
        self.refused(api.FAILED_PRECONDITION, [withdraw("198.51.100.9/32"), undefine("theirs")])
        self.client.commit([withdraw("198.51.100.9/32")])

    def test_what_others_change_of_a_class_is_noticed_and_kept(self):
        generation = self.client.commit([announce("198.51.100.1/32")])
        before = self.node.show()["foreignChanges"]
        self.assertEqual(self.client.get()[1], generation)
        self.node.vtysh("conf t", "route-map COSMOLET-gold permit 10", "set metric 77")
        self.refused(api.ABORTED, [announce("198.51.100.2/32")], generation=generation)
        self.assertGreater(self.client.get()[1], generation)
        self.assertEqual(self.node.show()["foreignChanges"], before + 1)
        state = self.node.run / "cosmolet.state"
        wait_until("the state file has it", lambda: "set 3 77" in state.read_text())
        self.node.kill()
        self.start_again("start")
        self.assertIn("set metric 77", self.node.vtysh("show running-config"))

    def test_many_classes_at_once(self):
        names = [f"many-{number}" for number in range(62)]
        edits = [one for name in names for one in define(
            name, community="65001:102", large_community="65001:1:2", med="77", prepend="65001 65001",
            origin="incomplete", local_preference="250")]
        self.client.commit(edits + [announce("198.51.100.8/32", names[-1])])
        turn = self.node.show()["lastTurnMicroseconds"]
        print(f"{self.node.name}: {len(names)} classes made in a turn of {turn / 1000:.1f} ms", flush=True)
        self.assertEqual(len(self.client.get(["/frr-route-map:lib"])[0]), 7 * len(names) + 4)
        self.refused(api.RESOURCE_EXHAUSTED, [undefine(f"other-{number}") for number in range(65)])
        self.client.commit([withdraw("198.51.100.8/32")] + [undefine(name) for name in names])
        self.assertNotIn("COSMOLET-many", self.node.vtysh("show running-config"))

    def test_all_classes_come_back_after_a_restart(self):
        paths = ["/frr-route-map:lib", "/frr-routing:routing"]
        there = len({path.split("]")[0] for path in self.client.get(paths[:1])[0]})
        names = [f"many-{number}" for number in range(256 - there)]
        for start in range(0, len(names), 50):
            edits = [one for name in names[start:start + 50] for one in define(name, community="65001:102", med="77")]
            edits += [announce(f"10.5.{number >> 8}.{number & 255}/32", names[number])
                      for number in range(start, min(start + 50, len(names)))]
            self.client.commit(edits)
        self.assertIn("257 classes after this", self.refused(api.RESOURCE_EXHAUSTED, define("one-more", med="1")))
        before = self.client.get(paths)[0]
        self.node.kill()
        self.start_again("start")
        after = self.client.get(paths)[0]
        # Those of the configuration are back as well; gold and silver are not, as no network has them.
        own = {path for path in before if "COSMOLET-many-" in path or "network-config" in path}
        self.assertEqual({path: after.get(path) for path in own}, {path: before[path] for path in own})
        self.assertEqual(len(own), 4 * len(names))
        self.assertEqual(self.node.show()["notRestored"], 0)

    def test_commands_of_a_terminal_leave_our_classes(self):
        self.client.commit(define("bronze", med="5") + [announce("198.51.100.1/32", "bronze")])
        self.node.vtysh("conf t", "route-map OTHER permit 10", "set metric 3")
        self.node.vtysh("conf t", "no route-map OTHER")
        self.assertIn("route-map COSMOLET-bronze permit 10", self.node.vtysh("show running-config"))
        self.client.commit([api.edit(api.SET, api.attribute_path("bronze", "med"), "6")])
        self.assertIn(" set metric 6", self.node.vtysh("show running-config"))

    # ---- Faults ----

    def test_malformed_messages_cost_one_refusal_each(self):
        header = self.client.header("Heartbeat", "x")
        for parts in ([header], [header] * 3, [b""] * 40, [b"\xff" * 100, b""], [b"", b""], [b"x" * 5000, b""],
                      [self.client.header("Commit", "x"), b"\xff\xff"],
                      [self.client.header("Get", "x"), bytes((8 << 20) + 1)]):
            self.client.send(*parts)
            self.assertEqual(self.client.reply()[0], api.INVALID_ARGUMENT, parts[0][:10])
        with api.Client(self.node.socket, "large") as large:
            large.send(header, bytes(10 << 20))
            self.assertEqual(self.client.heartbeat(5)[1], [5])

    def test_clients_that_do_not_read_or_go(self):
        with api.Client(self.node.socket, "slow") as slow:
            for _ in range(500):
                slow.send(slow.header("GetCapabilities"), b"")
            for _ in range(50):
                with api.Client(self.node.socket, "gone") as gone:
                    gone.send(gone.header("Get"), api.field(1, 1))
            began = time.monotonic()
            self.client.commit([announce("198.51.100.1/32")])
            self.assertLess(time.monotonic() - began, 2)
        self.assertEqual(self.client.networks(), {"198.51.100.1/32": "COSMOLET-gold"})

    def test_fuzzed_frames(self):
        generator = random.Random(7)
        many = [announce(f"10.6.{number // 250}.{number % 250 + 1}/32") for number in range(2500)]
        state = api.field(1, 2) + api.field(101, True)
        seeds = [("Commit", api.commit_request(CLASSES + [announce("198.51.100.1/32"), withdraw("2001:db8::1/128")])),
                 ("Commit", api.commit_request(define("bronze", med="5", prepend="1 2", origin="igp", community="1:2")
                                               + [announce("198.51.100.2/32", "bronze"), undefine("silver")])),
                 ("Commit", api.commit_request([announce("2001:db8::2/128")], api.VALIDATE, 5)),
                 ("Get", api.field(1, 1) + api.field(2, "/frr-route-map:lib")), ("GetCapabilities", b""),
                 ("Get", state + api.field(2, api.network_path("198.51.100.1/32"))), ("Heartbeat", api.field(1, 9))]
        # Of several slices; seldom, as they are long.
        long = ("Commit", api.commit_request(many))
        pid, sent, answered = self.node.pid(), 0, {}
        deadline = time.monotonic() + float(os.environ.get("COSMOLET_FUZZ_SECONDS", "10"))
        with api.Client(self.node.socket, "fuzz") as fuzz:
            while time.monotonic() < deadline:
                method, body = long if generator.random() < 0.002 else generator.choice(seeds)
                frames = [bytearray(fuzz.header(method)), bytearray(body)]
                for _ in range(generator.randrange(1, 6)):
                    frame = generator.choice(frames)
                    if frame and generator.random() < 0.8:
                        frame[generator.randrange(len(frame))] = generator.randrange(256)
                    elif generator.random() < 0.5:
                        del frame[generator.randrange(len(frame) + 1):]
                    else:
                        frame.extend(generator.randbytes(generator.randrange(1, 40)))
                fuzz.send(*[bytes(frame) for frame in frames])
                while True:
                    code, _, more, _, _ = fuzz.reply()
                    answered[code] = answered.get(code, 0) + 1
                    if not more:
                        break
                sent += 1
        print(f"{self.node.name}: {sent} frames, answers by status: {dict(sorted(answered.items()))}", flush=True)
        self.assertGreater(sent, 100)
        self.assertEqual(self.node.pid(), pid)
        self.assertEqual(self.client.heartbeat(5)[1], [5])
        # What it says that it has is what bgpd has.
        lines = {line.strip() for line in self.running() if line.startswith("  network ")}
        networks = self.client.networks()
        self.assertEqual(lines, {f"network {prefix} route-map {name}" for prefix, name in networks.items()})
        self.client.commit([withdraw(prefix) for prefix in networks])

    def test_memory_does_not_grow(self):
        def resident():
            status = pathlib.Path(f"/proc/{self.node.pid()}/status").read_text()
            return int(status.split("VmRSS:")[1].split()[0])

        prefixes = [f"10.9.{number // 250}.{number % 250 + 1}/32" for number in range(500)]

        def rounds(count):
            for number in range(count):
                self.client.commit([announce(prefix, "gold" if number % 2 else "silver") for prefix in prefixes])
                self.client.commit(define("bronze", med=str(number)))
                self.client.commit([withdraw(prefix) for prefix in prefixes] + [undefine("bronze")])
                self.client.get(["/frr-route-map:lib", "/frr-routing:routing"])

        rounds(40)
        before = resident()
        rounds(120)
        self.assertLess(resident() - before, 4096, "kB more after 120 rounds")

    # ---- Restarts ----

    def start_again(self, action):
        self.node.daemon(action)
        self.client.close()
        self.client = api.Client(self.node.socket, self.client.name)
        self.addCleanup(self.client.close)

    def kill_and_start(self, count):
        """Kills bgpd with so many networks of each family, and sees that the router has all of them within a second of
        its sessions' establishment, by the router's own time."""
        everything = [("Established", count)] * 2
        wait_until("the router has them", lambda: router_counts(self.node) == everything)
        self.node.kill()
        wait_until("the router has lost them", lambda: not any(
            state == "Established" for state, _ in router_counts(self.node)))
        log = RouterLog(self.node)
        self.node.daemon("start")
        wait_until("the router has all of them", lambda: router_counts(self.node) == everything, 30)
        seen = time.time()
        for family in ("ipv4", "ipv6"):
            up, end = log.established(family), wait_until("End-of-RIB", lambda family=family: log.all_received(family))
            print(f"{self.node.name}, {family}: {count} networks within {(seen - up) * 1000:.0f} ms of the session, "
                  f"End-of-RIB after {(end - up) * 1000:.0f} ms", flush=True)
            self.assertLess(seen - up, 1)
        self.client.close()
        self.client = api.Client(self.node.socket, self.client.name)
        self.addCleanup(self.client.close)

    def test_killed_bgpd_announces_again(self):
        prefixes = [f"10.7.{number // 250}.{number % 250 + 1}/32" for number in range(1000)]
        prefixes += [f"2001:db8:7::{number:x}/128" for number in range(1, 1001)]
        self.client.commit([announce(prefix) for prefix in prefixes])
        self.client.commit([withdraw(prefixes[0]), announce("10.8.0.1/32", "silver")])
        generation = self.client.get()[1]
        self.kill_and_start(1000)
        self.assertEqual(set(self.client.networks()), set(prefixes[1:]) | {"10.8.0.1/32"})
        self.assertGreater(self.client.get()[1], generation)
        self.assertIn("2000 networks restored", self.node.log_text())
        self.client.commit([withdraw(prefix) for prefix in prefixes])

    def test_killed_bgpd_announces_again_with_classes_of_its_configuration(self):
        """Route-maps stand behind `router bgp` in frr.conf, and vtysh sends it line by line."""
        file = self.node.folder / "etc" / self.node.name / "frr.conf"
        saved = file.read_text()
        self.addCleanup(self.start_again, "restart")
        self.addCleanup(file.write_text, saved)
        # Of another form than ours, so that its definition is in no state file.
        file.write_text(saved + "route-map COSMOLET-theirs permit 10\n match ip address prefix-list NONE\nexit\n"
                        "route-map COSMOLET-theirs permit 20\n set community 65001:105\nexit\n")
        self.start_again("restart")
        classes = ("theirs", "default")
        prefixes = [f"10.7.{number // 250}.{number % 250 + 1}/32" for number in range(1000)]
        prefixes += [f"2001:db8:7::{number:x}/128" for number in range(1, 1001)]
        self.client.commit([announce(prefix, classes[number % 2]) for number, prefix in enumerate(prefixes)])
        before = self.client.networks()
        self.kill_and_start(1000)
        self.assertEqual(routes("router-frr", prefixes[0])[prefixes[0]][self.node.facts["ipv4"]], ["65001:105"])
        self.assertEqual(self.client.networks(), before)
        self.client.commit([withdraw(prefix) for prefix in prefixes])

    def start_with_state_file(self, change):
        """Kills bgpd, changes the first line of its state file, and starts it; what it logs of that file."""
        file = self.node.run / "cosmolet.state"
        self.node.kill()
        head, rest = file.read_text().split("\n", 1)
        file.write_text(change(head) + "\n" + rest)
        before = len(self.node.log_text())
        self.start_again("start")
        return self.node.log_text()[before:]

    def test_state_file_of_another_time_is_not_restored(self):
        vips = CLASSES + [announce("198.51.100.1/32"), announce("2001:db8::1/128")]
        self.client.commit(vips)
        state = self.node.run / "cosmolet.state"
        _, _, boot, alive, _ = state.read_text().split("\n", 1)[0].split(" ")
        self.assertEqual(boot, pathlib.Path("/proc/sys/kernel/random/boot_id").read_text().strip())
        alive = int(alive)
        now = float(pathlib.Path("/proc/uptime").read_text().split()[0])
        self.assertTrue(now - 25 < alive <= now, (alive, now))

        def restored(boot, seconds):
            log = self.start_with_state_file(lambda _: state_head(boot, seconds))
            found = set(self.client.networks())
            self.assertEqual(self.node.show()["notRestored"], 2 - len(found))
            return len(found), log

        # Two minutes.
        self.assertEqual(restored(boot, alive - 120)[0], 2)
        count, log = restored(boot, alive - 3 * 3600)
        self.assertEqual(count, 0)
        self.assertRegex(log, r"is not restored \(2 networks\): bgpd was away for 108\d\d s, and state-age is 600 s")
        self.client.commit(vips)
        count, log = restored("fedcba98-7654-4321-8fed-cba987654321", alive)
        self.assertEqual(count, 0)
        self.assertIn("(2 networks): this machine was started since", log)
        self.client.commit(vips)
        log = self.start_with_state_file(lambda _: "cosmolet-northbound 1")
        self.assertIn("another version of this module wrote it", log)
        self.assertEqual(self.client.networks(), {})
        # bgpd was at work all the while, so the file is good again.
        self.client.commit(vips)
        self.node.option("state-age=7200")
        self.addCleanup(self.start_again, "restart")
        self.addCleanup(self.node.option, None)
        self.assertEqual(restored(boot, alive - 3600)[0], 2)

    def test_configuration_file_of_bgpd_alone(self):
        """No vtysh: bgpd reads a file when it starts."""
        folder = self.node.folder / "etc" / self.node.name
        lines = (folder / "frr.conf").read_text().splitlines(keepends=True)
        options = self.node.folder / "options" / "bgpd"
        saved = options.read_text()
        self.addCleanup(self.start_again, "restart")
        self.addCleanup(options.write_text, saved)
        # Left there, every bgpd after this one would read it.
        self.addCleanup((folder / "bgpd.conf").unlink)
        (folder / "bgpd.conf").write_text("".join(line for line in lines if not line.startswith("service integrated")))
        options.write_text(f"{saved}-f\n/etc/frr/{self.node.name}/bgpd.conf\n")
        self.start_again("restart")
        self.client.commit(CLASSES + [announce("198.51.100.1/32"), announce("198.51.100.2/32", "default")])
        self.node.kill()
        wait_until("the router has lost them", lambda: router_count(self.node)[0] != "Established")
        lab("daemon", self.node.name, "bgpd", "start")
        wait_until("the router has them", lambda: router_count(self.node) == ("Established", 2))

    def test_nothing_is_served_before_the_configuration_is_read(self):
        self.client.commit([announce("198.51.100.1/32")])
        self.node.kill()
        lab("daemon", self.node.name, "bgpd", "start")
        with api.Client(self.node.socket, "early") as early:
            self.assertEqual(early.heartbeat(5)[1], [5])
            for call in (early.capabilities, early.get, lambda: early.commit([announce("198.51.100.2/32")])):
                with self.assertRaises(api.CallFailed) as caught:
                    call()
                self.assertEqual(caught.exception.code, api.UNAVAILABLE)
            lab("vtysh", self.node.name, "-b")
            # At once, not when bgpd lets its peers go.
            self.assertEqual(set(early.networks()), {"198.51.100.1/32"})
            self.assertEqual(early.commit([announce("198.51.100.2/32")]), early.get()[1])
        self.start_again("restart")

    def test_saved_networks_are_counted(self):
        """With networks of ours in frr.conf, as `write memory` leaves them."""
        file = self.node.folder / "etc" / self.node.name / "frr.conf"
        saved = file.read_text()
        self.addCleanup(self.start_again, "restart")
        self.addCleanup(file.write_text, saved)
        lines = "".join(f"  network 198.51.100.{number}/32 route-map COSMOLET-default\n" for number in (1, 2))
        file.write_text(saved + f"router bgp 65001\n address-family ipv4 unicast\n{lines} exit-address-family\nexit\n")
        self.start_again("restart")
        self.client.commit([withdraw("198.51.100.1/32"), announce("198.51.100.3/32", "default")])
        self.assertEqual(self.node.show()["networks"], 2)
        self.client.commit([withdraw("198.51.100.2/32"), withdraw("198.51.100.3/32")])
        self.assertEqual((self.node.show()["networks"], self.node.show()["foreignChanges"]), (0, 0))

    def test_state_file_can_be_off(self):
        self.node.option("state=off")
        self.addCleanup(self.start_again, "restart")
        self.addCleanup(self.node.option, None)
        self.start_again("restart")
        self.client.commit(CLASSES + [announce("198.51.100.1/32")])
        self.start_again("restart")
        self.assertEqual(self.client.networks(), {})
        self.assertEqual(self.node.show()["stateFile"], "")

    def test_clean_end(self):
        self.client.commit([announce("198.51.100.1/32")])
        self.node.daemon("term")
        self.assertFalse((self.node.run / "cosmolet.sock").exists())
        log = self.node.log_text()
        self.node.daemon("start")
        for words in ("Assertion", "signal 11", "signal 6", "memstats: active", "AddressSanitizer"):
            self.assertNotIn(words, log[-4000:])
        self.start_again("restart")

    def use_failing_module(self):
        """From now on a module serves whose changes of bgpd can be made to fail; see failing_bgpd.c."""
        suite = "trixie" if self.node.name == "node-c" else "sid"
        name = "bgpd_cosmolet_failing.so"
        file = pathlib.Path(os.environ["COSMOLET_MODULES"]) / suite / name
        (self.node.folder / "lib" / self.node.name / name).write_bytes(file.read_bytes())
        self.node.option(None, name)
        self.addCleanup(self.start_again, "restart")
        self.addCleanup(self.node.option, None)
        self.start_again("restart")

    def test_a_failure_at_any_step_is_undone_in_bgpd(self):
        self.use_failing_module()
        # No other node has these.
        number = self.node.facts["ipv4"].rsplit(".", 1)[1]
        four = [f"198.18.{number}.{last}/32" for last in range(20)]
        six = [f"2001:db8:{number}::{last:x}/128" for last in range(1, 21)]
        paths = ["/frr-route-map:lib", "/frr-routing:routing"]
        start = CLASSES + define("leaving", community="65001:104") + [announce(four[0]), announce(six[0])]
        start += [announce(prefix) for prefix in four[1:6]] + [announce(prefix, "leaving") for prefix in four[6:8]]
        start += [announce(prefix, "silver") for prefix in six[1:4]]
        # Classes that come, change and go, and networks that do.
        changes = define("coming", community="65001:103", med="3", prepend="65001") + [
            api.edit(api.SET, api.attribute_path("gold", "med"), "77"), announce(four[1], "silver"),
            announce(four[2], "coming"), withdraw(four[3]), withdraw(six[1]), withdraw(four[6]), withdraw(four[7]),
            undefine("leaving"), announce(six[9])] + [announce(prefix, "coming") for prefix in four[10:14]]
        # How many steps that has.
        self.client.commit(start)
        self.node.bgpd("cosmolet fail-at 1000")
        self.client.commit(changes)
        steps = 1000 - int(self.node.bgpd("cosmolet fail-at 0"))
        self.assertGreaterEqual(steps, 16)
        self.clear()
        self.client.commit(start)
        wait_until("the router has what is there first", lambda: router_counts(self.node) == [
            ("Established", 8), ("Established", 4)])
        self.send_through([four[18], six[18]])
        before, generation = self.client.get(paths)
        versions = router_versions()
        at_routers = {router: self.routes_of(four[:19] + six[:19], router) for router in ("router-frr", "router-bird")}
        for step in range(1, steps + 1):
            self.node.bgpd(f"cosmolet fail-at {step}")
            self.assertIn("fails on demand", self.refused(api.INTERNAL, changes))
            self.assertEqual(self.client.get(paths), (before, generation), f"step {step}")
        # Whatever left bgpd by then is at the routers when these are.
        self.send_through([four[19], six[19]])
        for router, found in at_routers.items():
            self.assertEqual(self.routes_of(four[:19] + six[:19], router), found, router)
        after = router_versions()
        self.assertEqual({prefix: after.get(prefix) for prefix in versions}, versions)
        print(f"{self.node.name}: undone at each of {steps} steps", flush=True)
        self.client.commit(changes)
        wait_until("the router has what comes", lambda: four[10] in self.routes_of(four, "router-frr"))
        self.assertEqual(self.routes_of([four[3], six[1], four[6]], "router-frr"), {})

    def routes_of(self, prefixes, router):
        """Those of the prefixes that a router has from the node, with their communities."""
        own, found = (self.node.facts["ipv4"], self.node.facts["ipv6"]), {}
        for prefix, paths in routes(router, *prefixes).items():
            found.update({prefix: paths[address] for address in own if address in paths})
        return found

    def send_through(self, prefixes):
        """Announces a network of each family and waits until the routers have them, and so what was sent before."""
        self.client.commit([announce(prefix) for prefix in prefixes])
        for router in ("router-frr", "router-bird"):
            wait_until(f"{router} has {prefixes}", lambda router=router: len(self.routes_of(prefixes, router)) == 2)

    def with_other_module(self, data, option=None):
        """Starts bgpd with other bytes as module; gives what it logs, whether it listens, and takes all back."""
        module = self.node.folder / "lib" / self.node.name / "bgpd_cosmolet.so"
        saved = module.read_bytes()
        self.node.daemon("term")
        try:
            module.write_bytes(data(saved))
            self.node.option(option)
            before = len(self.node.log_text())
            self.node.daemon("start")
            # Whatever the module does, bgpd serves.
            self.assertEqual(self.node.vtysh("show bgp summary json")[:1], "{")
            return self.node.log_text()[before:], (self.node.run / "cosmolet.sock").exists()
        finally:
            self.node.daemon("term")
            module.write_bytes(saved)
            self.node.option(None)
            self.node.daemon("start")

    def test_wrong_release_does_nothing(self):
        other = "sid" if self.node.name == "node-c" else "trixie"
        file = pathlib.Path(os.environ["COSMOLET_MODULES"]) / other / "bgpd_cosmolet.so"
        log, listens = self.with_other_module(lambda _: file.read_bytes())
        self.assertFalse(listens)
        self.assertRegex(log, r"built for FRR \S+, not for FRR \S+: it does nothing here")

    def test_other_build_does_nothing_unless_allowed(self):
        bgpd = self.node.folder / "root" / "usr/lib/frr/bgpd"
        notes = subprocess.run(["readelf", "-n", bgpd], capture_output=True, text=True, check=True).stdout
        build = notes.split("Build ID: ")[1].split()[0].encode()
        log, listens = self.with_other_module(lambda data: data.replace(build, b"0" * len(build)))
        self.assertFalse(listens)
        self.assertRegex(log, r"built for another build of FRR \S+ \(bgpd is ")
        _, listens = self.with_other_module(lambda data: data.replace(build, b"0" * len(build)), "builds=any")
        self.assertTrue(listens)

    def test_wrong_argument_does_nothing(self):
        log, listens = self.with_other_module(lambda data: data, "socket=relative")
        self.assertFalse(listens)
        self.assertIn("a path has to begin with /", log)


class FRR103(ModuleTests, unittest.TestCase):
    node = Node("node-c")


class FRR107(ModuleTests, unittest.TestCase):
    node = Node("node-d")


if __name__ == "__main__":
    print(f"lab {LAB['name']}: FRR " + ", ".join(Node(name).facts["frrVersion"] for name in ("node-c", "node-d")))
    unittest.main(verbosity=2, argv=[sys.argv[0], *sys.argv[1:]])
