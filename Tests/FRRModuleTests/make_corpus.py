#!/usr/bin/env python3
"""Writes inputs to begin fuzzing with: make_corpus.py request|state|slices FOLDER."""

import pathlib
import random
import sys

import northbound_client as api

NETWORKS = [
    api.announce("198.51.100.2/32", "silver"),
    api.announce("2001:db8::2/128", "gold"),
    api.announce("10.0.0.0/8", "operators", "blue"),
    api.withdraw("198.51.100.1/32"),
]
CLASS = api.define(
    "silver", community="65001:1 graceful-shutdown", large_community="1:2:3", local_preference="3", med="5",
    prepend="1 2", origin="igp")

REQUESTS = [
    ("Heartbeat", api.field(1, 3)),
    ("GetCapabilities", b""),
    ("Get", api.field(1, 1)),
    ("Get", api.field(1, 1) + api.field(2, "/frr-route-map:lib") + api.field(100, True)),
    ("Get", api.field(1, 1) + api.field(2, api.network_path("198.51.100.1/32"))),
    ("Get", api.field(1, 2)),
    ("Get", api.field(1, 2) + api.field(101, True) + api.field(2, api.network_path("198.51.100.1/32"))),
    ("Commit", api.commit_request(CLASS + NETWORKS)),
    ("Commit", api.commit_request([api.withdraw("198.51.100.1/32"), api.undefine("gold")])),
    ("Commit", api.commit_request([api.edit(api.SET, api.attribute_path("gold", "med"), "7")])),
    ("Commit", api.commit_request([api.announce("192.0.2.0/24", "gold")], api.VALIDATE, 5)),
    ("RollbackTo", b""),
]

STATE = (
    "cosmolet-northbound 2 01234567-89ab-4cde-8f01-23456789abcd 000000086300 00000000\n"
    "class gold\nset 0 65001:100\nset 5 igp\nnetwork default 198.51.100.1/32 gold\n"
    "network blue 2001:db8::1/128 gold\nend 1795373007220199 00000000\nno-network default 198.51.100.1/32\n"
    "no-class gold\nend 1795373007220200 00000000\n"
)


class Names(api.Client):
    """Only for its headers: no socket."""

    def __init__(self):
        self.name = "corpus"


def requests():
    for method, body in REQUESTS:
        header = Names().header(method, "request-1")
        for failing in (0, 1, 3):
            yield bytes([len(header) & 255, len(header) >> 8 | failing << 4]) + header + body


def slices():
    """See slices_fuzz.c: networks and classes change over several turns, with operators at work between them."""
    generator = random.Random(11)
    announcements = [kind << 3 for kind in range(4)]
    for edits in (9, 40, 200):
        for kinds in (announcements, [*announcements, 4], [*announcements, 4, 5, 13, 6, 29]):
            pairs = b"".join(bytes([generator.choice(kinds), generator.randrange(24)]) for _ in range(edits))
            for failing in (0, 1, 7):
                yield bytes([failing]) + bytes(16) + pairs
                yield bytes([failing]) + generator.randbytes(16) + pairs


def main():
    kind, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    seeds = {"request": requests, "state": lambda: [STATE.encode()], "slices": slices}[kind]()
    for index, seed in enumerate(seeds):
        (folder / f"seed-{index}").write_bytes(seed)


if __name__ == "__main__":
    main()
