#!/usr/bin/env python3
"""Time of commits through the module, beside vtysh, at several numbers of networks. Started by `hack/frr-module bench`.

Prints a JSON object per node and size, times in milliseconds:

  change          commit of one network, p50 and p95 of 400
  turn            the part of it in bgpd's loop, p50
  bulk, bulkTurn  all networks announced in one transaction, and the longest turn in bgpd's loop of it
  withdraw        all of them withdrawn in one transaction
  get             all of them read
  update          from the call to the route in the BIRD router's kernel, p50 of 40
  vtysh, vtyshBulk  one `vtysh -c` with one network, and one `vtysh -f` with all
"""

import json
import os
import re
import statistics
import subprocess
import sys
import time

import northbound_client as api
from lab import COMMAND, LAB, Node, lab


def milliseconds(function):
    began = time.perf_counter()
    function()
    return (time.perf_counter() - began) * 1000


def prefixes(count):
    return [f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}/32" for number in range(1, count + 1)]


def commit_time(client, edits):
    """Without the time that this client takes to put the message together."""
    body, request_id = api.commit_request(edits), client.next_id()
    header = client.header("Commit", request_id)

    def call():
        client.send(header, body)
        code, text, *_ = client.reply()
        assert code == api.OK, text

    return milliseconds(call)


def change_times(client, node, repetitions=400):
    times, turns = [], []
    for number in range(repetitions):
        one = "198.51.100.7/32"
        times.append(commit_time(client, [api.withdraw(one) if number % 2 else api.announce(one)]))
        if number % 10 == 0:
            turns.append(node.show()["lastTurnMicroseconds"] / 1000)
    return times, turns


def update_times(client, repetitions=40):
    """The kernel of the router tells every route as it comes."""
    namespace = next(router["namespace"] for router in LAB["routers"] if router["kind"] == "bird")
    monitor = subprocess.Popen(
        ["ip", "-n", namespace, "monitor", "route"], stdout=subprocess.PIPE, text=True, bufsize=1)
    times = []
    try:
        time.sleep(0.3)
        for number in range(repetitions):
            address = f"198.51.101.{number + 1}"
            began = time.perf_counter()
            client.commit([api.announce(address + "/32")])
            for line in monitor.stdout:
                if re.match(rf"{re.escape(address)}\b", line):
                    break
            times.append((time.perf_counter() - began) * 1000)
    finally:
        monitor.kill()
        monitor.wait()
    client.commit([api.withdraw(f"198.51.101.{number + 1}/32") for number in range(repetitions)])
    return times


def vtysh_lines(words, networks):
    return "\n".join(["router bgp 65001", "address-family ipv4 unicast"]
                     + [f"{words}network {network} route-map COSMOLET-gold" for network in networks]) + "\n"


def vtysh_one(node, network):
    """vtysh itself, without hack/lab around it."""
    root = (node.folder / "root").resolve()
    command = ["ip", "netns", "exec", node.facts["namespace"], "bash",
               os.path.join(os.path.dirname(COMMAND), "lib", "lab-enter.sh"), str(root), str(node.folder)]
    script = ("exec 3>/tmp/times; for i in 1 2 3 4 5 6 7 8 9; do for no in '' 'no '; do s=$EPOCHREALTIME; "
              f"vtysh -N {node.name} -c 'conf t' -c 'router bgp 65001' -c 'address-family ipv4 unicast' "
              f"-c \"${{no}}network {network} route-map COSMOLET-gold\" >/dev/null; "
              "e=$EPOCHREALTIME; echo $(( ${e/./} - ${s/./} )) >&3; done; done")
    subprocess.run([*command, "bash", "-c", script], check=True, stdout=subprocess.DEVNULL)
    return statistics.median(int(line) for line in (node.folder / "tmp" / "times").read_text().split()) / 1000


def vtysh_bulk(node, networks):
    file = node.folder / "tmp" / "bulk.conf"
    file.write_text(vtysh_lines("", networks))
    took = milliseconds(lambda: lab("vtysh", node.name, "-f", "/tmp/bulk.conf"))
    file.write_text(vtysh_lines("no ", networks))
    lab("vtysh", node.name, "-f", "/tmp/bulk.conf")
    return took


def measure(node, client, size):
    networks = prefixes(size)
    edits = [api.announce(network) for network in networks]
    longest = 0
    bulk = []
    for _ in range(3):
        client.commit([api.withdraw(network) for network in networks])
        bulk.append(commit_time(client, edits))
        longest = max(longest, node.show()["lastTurnMicroseconds"] / 1000)
    times, turns = change_times(client, node)
    result = {
        "node": node.name, "frr": node.facts["frrVersion"], "networks": size,
        "change": round(statistics.median(times), 3),
        "changeP95": round(statistics.quantiles(times, n=20)[18], 3),
        "turn": round(statistics.median(turns), 3),
        "bulk": round(statistics.median(bulk), 1), "bulkTurn": round(longest, 1),
        "get": round(statistics.median(milliseconds(lambda: client.call("Get", api.field(1, 1))) for _ in range(5)), 1),
        "update": round(statistics.median(update_times(client)), 1),
        "vtysh": round(vtysh_one(node, "198.51.100.9/32"), 1),
        "withdraw": round(commit_time(client, [api.withdraw(network) for network in networks]), 1),
        "vtyshBulk": round(vtysh_bulk(node, networks), 1),
    }
    client.commit([api.withdraw("198.51.100.7/32")])
    return result


def main():
    for name in ("node-c", "node-d"):
        node = Node(name)
        with api.Client(node.socket, "benchmark", timeout_ms=20000) as client:
            client.commit(api.define("gold", community="65001:100"))
            for size in map(int, sys.argv[1].split(",")):
                print(json.dumps(measure(node, client, size)), flush=True)


if __name__ == "__main__":
    main()
