"""A client of the northbound API for tests of the module in bgpd: ZeroMQ by ctypes, protobuf by hand.

It shares no code with the module or the Swift client, so that a mistake of theirs is not repeated here.
"""

import ctypes
import ctypes.util
import itertools
import os
import time

SERVICE = "cosmolet.northbound.v1.Northbound"
MARK = "COSMOLET-"
OK, UNKNOWN, INVALID_ARGUMENT, DEADLINE_EXCEEDED = 0, 2, 3, 4
RESOURCE_EXHAUSTED, FAILED_PRECONDITION, ABORTED, UNIMPLEMENTED, INTERNAL, UNAVAILABLE = 8, 9, 10, 12, 13, 14
VALIDATE, ALL = 1, 2
SET, REMOVE = 1, 2

_zmq = ctypes.CDLL(ctypes.util.find_library("zmq") or "libzmq.so.5", use_errno=True)
_zmq.zmq_ctx_new.restype = ctypes.c_void_p
_zmq.zmq_socket.restype = ctypes.c_void_p
_zmq.zmq_socket.argtypes = [ctypes.c_void_p, ctypes.c_int]
_zmq.zmq_connect.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
_zmq.zmq_close.argtypes = [ctypes.c_void_p]
_zmq.zmq_ctx_term.argtypes = [ctypes.c_void_p]
_zmq.zmq_setsockopt.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t]
_zmq.zmq_send.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_int]
for _name in ("init", "data", "size", "close"):
    getattr(_zmq, f"zmq_msg_{_name}").argtypes = [ctypes.c_void_p]
_zmq.zmq_msg_data.restype = ctypes.c_void_p
_zmq.zmq_msg_size.restype = ctypes.c_size_t
_zmq.zmq_msg_more.argtypes = [ctypes.c_void_p]
_zmq.zmq_msg_recv.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int]
DEALER, LINGER, RCVTIMEO, SNDTIMEO, SNDMORE = 5, 17, 27, 28, 2
_context = _zmq.zmq_ctx_new()


# ---- Protobuf ----


def varint(number):
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def field(number, value):
    """One field: an int as varint, text, or a packed message."""
    if isinstance(value, bool) or isinstance(value, int):
        return varint(number << 3) + varint(int(value))
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def fields(data):
    """Packed bytes as a dictionary of field number to list of values, bytes or ints."""
    found, position = {}, 0

    def number():
        nonlocal position
        value = shift = 0
        while True:
            byte = data[position]
            position += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while position < len(data):
        tag = number()
        if tag & 7 == 0:
            value = number()
        else:
            assert tag & 7 == 2, f"wire type {tag & 7}"
            length = number()
            value = data[position : position + length]
            position += length
        found.setdefault(tag >> 3, []).append(value)
    return found


# ---- Paths ----


def network_path(prefix, vrf="default"):
    family = "ipv6" if ":" in prefix else "ipv4"
    return (
        "/frr-routing:routing/control-plane-protocols/control-plane-protocol[type='frr-bgp:bgp'][name='bgp']"
        f"[vrf='{vrf}']/frr-bgp:bgp/global/afi-safis/afi-safi[afi-safi-name='frr-routing:{family}-unicast']"
        f"/{family}-unicast/network-config[prefix='{prefix}']"
    )


def class_path(name):
    return f"/frr-route-map:lib/route-map[name='{MARK}{name}']"


ATTRIBUTES = {
    "community": ("frr-bgp-route-map:set-community", "frr-bgp-route-map:community-string"),
    "large-community": ("frr-bgp-route-map:set-large-community", "frr-bgp-route-map:large-community-string"),
    "local-preference": ("frr-bgp-route-map:set-local-preference", "frr-bgp-route-map:local-pref"),
    "med": ("frr-route-map:set-metric", "value"),
    "prepend": ("frr-bgp-route-map:as-path-prepend", "frr-bgp-route-map:prepend-as-path"),
    "origin": ("frr-bgp-route-map:set-origin", "frr-bgp-route-map:origin"),
}


def attribute_path(name, attribute, leaf=True):
    action, value = ATTRIBUTES[attribute]
    entry = f"{class_path(name)}/entry[sequence='10']/set-action[action='{action}']"
    return f"{entry}/rmap-set-action/{value}" if leaf else entry


def edit(operation, path, value=None):
    pair = field(1, path) + (b"" if value is None else field(2, value))
    return field(1, operation) + field(2, pair)


def announce(prefix, name="gold", vrf="default"):
    return edit(SET, network_path(prefix, vrf) + "/rmap-policy-export", MARK + name)


def withdraw(prefix, vrf="default"):
    return edit(REMOVE, network_path(prefix, vrf))


def define(name, **attributes):
    edits = [edit(SET, f"{class_path(name)}/entry[sequence='10']/action", "permit")]
    for attribute, value in attributes.items():
        edits.append(edit(SET, attribute_path(name, attribute.replace("_", "-")), value))
    return edits


def undefine(name):
    return edit(REMOVE, class_path(name))


def commit_request(edits, phase=ALL, generation=None, extra=b""):
    body = field(1, phase) + b"".join(field(2, one) for one in edits)
    return body + (b"" if generation is None else field(6, generation)) + extra


# ---- Calls ----


class CallFailed(Exception):
    def __init__(self, code, text):
        super().__init__(f"status {code}: {text}")
        self.code, self.text = code, text


class NoReply(Exception):
    pass


class Client:
    """One DEALER socket. Not for several threads at once."""

    _names = itertools.count()

    def __init__(self, path, name="test", timeout_ms=5000):
        self.name = name
        self._socket = _zmq.zmq_socket(_context, DEALER)
        for option, value in ((LINGER, 0), (RCVTIMEO, timeout_ms), (SNDTIMEO, timeout_ms)):
            number = ctypes.c_int(value)
            _zmq.zmq_setsockopt(self._socket, option, ctypes.byref(number), 4)
        if _zmq.zmq_connect(self._socket, f"ipc://{path}".encode()) != 0:
            raise OSError(f"cannot connect to {path}")

    def close(self):
        if self._socket is not None:
            _zmq.zmq_close(self._socket)
            self._socket = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def send(self, *parts):
        for index, part in enumerate(parts):
            flags = SNDMORE if index + 1 < len(parts) else 0
            if _zmq.zmq_send(self._socket, part, len(part), flags) < 0:
                raise NoReply("cannot send")

    def receive(self):
        parts = []
        while True:
            message = ctypes.create_string_buffer(64)
            _zmq.zmq_msg_init(message)
            if _zmq.zmq_msg_recv(message, self._socket, 0) < 0:
                raise NoReply("no reply")
            size = _zmq.zmq_msg_size(message)
            parts.append(ctypes.string_at(_zmq.zmq_msg_data(message), size))
            more = _zmq.zmq_msg_more(message)
            _zmq.zmq_msg_close(message)
            if not more:
                return parts

    @classmethod
    def next_id(cls):
        return f"{os.getpid()}-{time.monotonic_ns()}-{next(cls._names)}"

    def header(self, method, request_id=None, major=1, deadline_ms=None, extra=b""):
        packed = field(1, major) + field(2, 0) + field(3, SERVICE) + field(4, method)
        packed += field(5, request_id or self.next_id()) + field(6, self.name)
        return packed + (b"" if deadline_ms is None else field(7, deadline_ms)) + extra

    def reply(self):
        """Status, words, more, body and request id of the next reply."""
        header, body = self.receive()
        values = fields(header)
        text, answered = (values.get(number, [b""])[0].decode() for number in (5, 3))
        return values[4][0], text, bool(values.get(6, [0])[0]), body, answered

    def call(self, method, body=b"", request_id=None, deadline_ms=None):
        """The bodies of the replies to a call. Raises CallFailed, NoReply."""
        request_id = request_id or self.next_id()
        self.send(self.header(method, request_id, deadline_ms=deadline_ms), body)
        bodies = []
        while True:
            code, text, more, part, answered = self.reply()
            if answered != request_id:
                continue
            if code != OK:
                raise CallFailed(code, text)
            bodies.append(part)
            if not more:
                return bodies

    def commit(self, edits, phase=ALL, generation=None, request_id=None, deadline_ms=None):
        """Commits and returns the generation."""
        body = commit_request(edits, phase, generation)
        return fields(self.call("Commit", body, request_id, deadline_ms)[0])[2][0]

    def get(self, paths=(), foreign=False):
        """The values as a dictionary of path to value, and the generation."""
        request = field(1, 1) + b"".join(field(2, path) for path in paths)
        values, generation = {}, None
        for part in self.call("Get", request + (field(100, True) if foreign else b"")):
            message = fields(part)
            generation = message[2][0]
            for pair in message.get(1, []):
                pair = fields(pair)
                values[pair[1][0].decode()] = pair[2][0].decode() if 2 in pair else None
        return values, generation

    def state(self, paths=(), redistributed=False):
        """Prefixes that BGP has: by networks of ours with their route-map, or out of a routing table with None."""
        request = field(1, 2) + b"".join(field(2, path) for path in paths)
        found = {}
        for part in self.call("Get", request + (field(101, True) if redistributed else b"")):
            for pair in fields(part).get(1, []):
                pair = fields(pair)
                prefix = pair[1][0].decode().split("[prefix='")[1].split("'")[0]
                found[prefix] = pair[2][0].decode() if 2 in pair else None
        return found

    def networks(self, foreign=False):
        """Prefixes of the default instance and their route-maps."""
        found = {}
        for path, value in self.get(foreign=foreign)[0].items():
            found[path.split("[prefix='")[1].split("'")[0]] = value
        return found

    def capabilities(self):
        return fields(self.call("GetCapabilities")[0])

    def heartbeat(self, sequence=1):
        return fields(self.call("Heartbeat", field(1, sequence))[0])
