"""The lab with module nodes, as the live tests and the benchmark see it (LAB_JSON, made by hack/frr-module)."""

import datetime
import json
import os
import pathlib
import re
import socket
import subprocess
import threading
import time

LAB = json.loads(pathlib.Path(os.environ["LAB_JSON"]).read_text())
COMMAND = os.environ["COSMOLET_LAB_COMMAND"]


def pause(seconds):
    """Between two looks at something that nobody tells of."""
    threading.Event().wait(seconds)


def wait_until(what, condition, seconds=20):
    """Waits until a condition is true and returns its value."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}")
        pause(0.02)


def lab(command, *arguments):
    """Runs hack/lab and returns what it prints."""
    done = subprocess.run(
        [COMMAND, command, "--name", LAB["name"], *arguments], capture_output=True, text=True, timeout=90)
    if done.returncode != 0:
        raise AssertionError(f"hack/lab {command} {arguments}: {done.stderr}")
    return done.stdout


class Node:
    """A node whose bgpd has the module."""

    def __init__(self, name):
        self.name = name
        self.facts = next(node for node in LAB["nodes"] if node["name"] == name)
        self.socket = self.facts["northboundSocket"]
        self.folder = pathlib.Path(LAB["dir"]) / name
        self.run = pathlib.Path(self.socket).parent
        self.log = self.folder / "log" / "bgpd.log"

    def vtysh(self, *commands):
        arguments = [word for command in commands for word in ("-c", command)]
        return lab("vtysh", self.name, *arguments)

    def bgpd(self, command):
        """A command of bgpd's own terminal, which vtysh does not know: text, NUL; the answer ends with three NUL."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(self.run / "bgpd.vty"))
            answers = []
            for line in ("enable", command):
                connection.sendall(line.encode() + b"\0")
                data = b""
                while len(data) < 4 or data[-4:-1] != b"\0\0\0":
                    part = connection.recv(65536)
                    if not part:
                        break
                    data += part
                answers.append(data[:-4].decode())
            return answers[-1]

    def show(self):
        return json.loads(self.bgpd("show cosmolet northbound json"))

    def pid(self):
        return int((self.folder / "pids" / "bgpd").read_text().split()[0])

    def daemon(self, action):
        lab("daemon", *(["--load"] if action in ("start", "restart") else []), self.name, "bgpd", action)

    def kill(self):
        """Kills bgpd, and waits until it has let go of its files."""
        process = pathlib.Path(f"/proc/{self.pid()}")
        self.daemon("kill")
        wait_until("bgpd is gone", lambda: not process.exists())

    def log_text(self):
        return self.log.read_text(errors="replace")

    def option(self, text, file="bgpd_cosmolet.so"):
        """Another argument of the module, from its next start on; None for the one that the lab gave it."""
        module = f"/var/lib/frr/{self.name}/{file}"
        (self.folder / "options" / "bgpd").write_text(f"-M\n{module}{'' if text is None else ':' + text}\n")


def routes(router, *prefixes):
    """Of each prefix the paths, as {address of the node: communities}."""
    result = json.loads(lab("routes", "--json", "--paths", router, *prefixes))
    return {
        route["prefix"]: {path["from"]: path["communities"] for path in route["paths"]} for route in result["routes"]
    }


def router_counts(node):
    """The states of the FRR router's sessions with a node, IPv4 and IPv6, and how many prefixes it has from each."""
    shows = [word for family in ("ipv4", "ipv6") for word in ("-c", f"show bgp {family} unicast summary json")]
    text, found = lab("vtysh", "router-frr", *shows), []
    for family in ("ipv4", "ipv6"):
        summary, end = json.JSONDecoder().raw_decode(text.lstrip())
        text = text.lstrip()[end:]
        peer = summary.get(f"{family}Unicast", summary)["peers"][node.facts[family]]
        found.append((peer["state"], peer["pfxRcd"]))
    return found


def router_count(node):
    """Of the IPv4 session alone."""
    return router_counts(node)[0]


def router_versions():
    """Of each prefix in the FRR router's table the number of its last change, which a repeated UPDATE is not."""
    found = {}
    for family in ("ipv4", "ipv6"):
        table = json.loads(lab("vtysh", "router-frr", "-c", f"show bgp {family} unicast json"))
        found.update({prefix: paths[0]["version"] for prefix, paths in table["routes"].items()})
    return found


class RouterLog:
    """What the FRR router logs of its sessions with a node from now on, with its own times."""

    def __init__(self, node):
        self._node = node
        self._file = pathlib.Path(LAB["dir"]) / "router-frr" / "log" / "bgpd.log"
        self._start = self._file.stat().st_size

    def _time(self, pattern):
        found = re.search(r"^(\S+ \S+) BGP: .*" + pattern, self._file.read_bytes()[self._start:].decode(), re.M)
        if found is None:
            return None
        stamp = datetime.datetime.strptime(found[1], "%Y/%m/%d %H:%M:%S.%f").timestamp()
        # The router may have another time zone than we.
        return stamp + round((time.time() - stamp) / 900) * 900

    def established(self, family):
        """When the session of `ipv4` or `ipv6` came up, in seconds since the epoch; None before."""
        return self._time(f"ADJCHANGE: neighbor {re.escape(self._node.facts[family])}[( ].* Up$")

    def all_received(self, family):
        """When the first UPDATEs of a session had ended, by their End-of-RIB; None before."""
        return self._time(f"End-of-RIB for IPv{family[-1]} Unicast from {re.escape(self._node.facts[family])} ")
