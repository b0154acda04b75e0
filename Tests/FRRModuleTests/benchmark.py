#!/usr/bin/env python3
"""Time of commits through the module, beside vtysh, at several numbers of networks. Started by `hack/frr-module bench`.

Prints a JSON object per node and size, times in milliseconds:

  change          commit of one network, p50 and p95 of 400
  turn            the part of it in bgpd's loop, p50
  bulk            all networks announced in one transaction, p50 of 5
  bulkTurn        its longest turn in bgpd's loop
  bulkCPU         what bgpd's thread computed for it, until the reply: on a busy machine the better number
  withdraw        all of them withdrawn in one transaction, p50 of 5
  get             all of them read
  update          from the call to the route in the BIRD router's kernel, p50 of 40
  vtysh, vtyshBulk  one `vtysh -c` with one network, and one `vtysh -f` with all
"""

import json
import pathlib
import re
import statistics
import subprocess
import sys
import time

import northbound_client as api
from lab import LAB, Node, pause


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


def cpu(node):
    """Milliseconds that bgpd's main thread has computed."""
    pid = node.pid()
    return int(pathlib.Path(f"/proc/{pid}/task/{pid}/schedstat").read_text().split()[0]) / 1e6


def settle(node):
    """Waits until bgpd has told its peers and computes nothing."""
    while True:
        before = cpu(node)
        pause(0.3)
        if cpu(node) - before < 5:
            return


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
        pause(0.3)
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


def vtysh(node, *arguments):
    """vtysh in the namespaces and the root of the node's bgpd, without hack/lab around it."""
    command = ["nsenter", "-t", str(node.pid()), "-m", "-n", "-r", "vtysh", "-N", node.name, *arguments]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def vtysh_one(node, network, repetitions=20):
    times = []
    for number in range(repetitions):
        line = f"{'no ' if number % 2 else ''}network {network} route-map COSMOLET-gold"
        words = ["conf t", "router bgp 65001", "address-family ipv4 unicast", line]
        times.append(milliseconds(lambda: vtysh(node, *[word for one in words for word in ("-c", one)])))
    return statistics.median(times)


def vtysh_bulk(node, networks):
    file = node.folder / "tmp" / "bulk.conf"
    file.write_text(vtysh_lines("", networks))
    took = milliseconds(lambda: vtysh(node, "-f", "/tmp/bulk.conf"))
    file.write_text(vtysh_lines("no ", networks))
    vtysh(node, "-f", "/tmp/bulk.conf")
    return took


def measure(node, client, size):
    networks = prefixes(size)
    edits = [api.announce(network) for network in networks]
    bulk, bulk_turns, bulk_cpu, withdrawals = [], [], [], []
    for repetition in range(5):
        if repetition > 0:
            withdrawals.append(commit_time(client, [api.withdraw(network) for network in networks]))
        settle(node)
        before = cpu(node)
        bulk.append(commit_time(client, edits))
        bulk_cpu.append(cpu(node) - before)
        bulk_turns.append(node.show()["lastTurnMicroseconds"] / 1000)
        settle(node)
    times, turns = change_times(client, node)
    result = {
        "node": node.name, "frr": node.facts["frrVersion"], "networks": size,
        "change": round(statistics.median(times), 3),
        "changeP95": round(statistics.quantiles(times, n=20)[18], 3),
        "turn": round(statistics.median(turns), 3),
        "bulk": round(statistics.median(bulk), 1), "bulkTurn": round(statistics.median(bulk_turns), 1),
        "bulkCPU": round(statistics.median(bulk_cpu), 1), "withdraw": round(statistics.median(withdrawals), 1),
        "get": round(statistics.median(milliseconds(lambda: client.call("Get", api.field(1, 1))) for _ in range(5)), 1),
        "update": round(statistics.median(update_times(client)), 1),
        "vtysh": round(vtysh_one(node, "198.51.100.9/32"), 1),
    }
    client.commit([api.withdraw(network) for network in networks])
    settle(node)
    result["vtyshBulk"] = round(vtysh_bulk(node, networks), 1)
    settle(node)
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
