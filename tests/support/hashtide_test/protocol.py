# SPDX-License-Identifier: GPL-3.0-or-later
"""Bitcoin's wire protocol, as far as header clients and address gossip need it.

A second codec, written from the protocol's documentation and the BIPs (31, 130,
133, 152, 155) and sharing nothing with the product, so that a mistake made in
chain/wire shows as a disagreement.
"""

import hashlib
import ipaddress
import socket
import struct
import time

PROTOCOL_VERSION = 70016
MAX_HEADERS = 2000
HEADER_SIZE = 80
MESSAGE_HEAD = 24
MAX_PAYLOAD = 4_000_000

MAGIC = {
    "main": bytes.fromhex("f9beb4d9"),
    "testnet3": bytes.fromhex("0b110907"),
    "testnet4": bytes.fromhex("1c163f28"),
    "signet": bytes.fromhex("0a03cf40"),
    "regtest": bytes.fromhex("fabfb5da"),
    "tidenet": b"tide",
}

MSG_BLOCK = 2

NODE_NETWORK = 1
NODE_WITNESS = 8
NODE_NETWORK_LIMITED = 1024

ADDRV2_IPV4 = 1
ADDRV2_IPV6 = 2
ADDRV2_TORV3 = 4
ADDRV2_I2P = 5
ADDRV2_CJDNS = 6


def sha256d(data):
    return hashlib.sha256(hashlib.sha256(data).digest()).digest()


class DecodeError(Exception):
    """The bytes are not a message."""


# Framing ---------------------------------------------------------------------


def frame(magic, command, payload=b""):
    """The message COMMAND with PAYLOAD as it goes over the wire."""
    name = command.encode("ascii")
    return (
        magic
        + name.ljust(12, b"\0")
        + struct.pack("<I", len(payload))
        + sha256d(payload)[:4]
        + payload
    )


def unframe_head(magic, head):
    """(command, payload length, checksum) of a 24-byte message head."""
    if head[:4] != magic:
        raise DecodeError("magic %s, wanted %s" % (head[:4].hex(), magic.hex()))
    name = head[4:16].rstrip(b"\0")
    if b"\0" in name:
        raise DecodeError("command name with a NUL inside: %r" % name)
    (length,) = struct.unpack_from("<I", head, 16)
    if length > MAX_PAYLOAD:
        raise DecodeError("payload of %d bytes" % length)
    return name.decode("ascii"), length, head[20:24]


# Primitives ------------------------------------------------------------------


def pack_varint(n):
    if n < 0xFD:
        return bytes([n])
    if n <= 0xFFFF:
        return b"\xfd" + struct.pack("<H", n)
    if n <= 0xFFFFFFFF:
        return b"\xfe" + struct.pack("<I", n)
    return b"\xff" + struct.pack("<Q", n)


def pack_varbytes(data):
    return pack_varint(len(data)) + data


class Reader:
    """Takes fields off the front of a payload."""

    def __init__(self, data):
        self.data = data
        self.at = 0

    def take(self, n):
        if self.at + n > len(self.data):
            raise DecodeError("short by %d bytes" % (self.at + n - len(self.data)))
        self.at += n
        return self.data[self.at - n : self.at]

    def unpack(self, form):
        return struct.unpack(form, self.take(struct.calcsize(form)))[0]

    def varint(self):
        first = self.unpack("<B")
        if first < 0xFD:
            return first
        form, floor = {
            0xFD: ("<H", 0xFD),
            0xFE: ("<I", 0x10000),
            0xFF: ("<Q", 0x100000000),
        }[first]
        value = self.unpack(form)
        if value < floor:
            raise DecodeError("varint not in its shortest form")
        return value

    def varbytes(self):
        return self.take(self.varint())

    def left(self):
        return len(self.data) - self.at

    def end(self):
        if self.left():
            raise DecodeError("%d bytes left over" % self.left())


# Messages --------------------------------------------------------------------


def pack_netaddr(host, port, services=0):
    """services, 16-byte IPv6 form, port: the address of version and addr."""
    ip = ipaddress.ip_address(host)
    packed = ip.packed if ip.version == 6 else b"\0" * 10 + b"\xff\xff" + ip.packed
    return struct.pack("<Q", services) + packed + struct.pack(">H", port)


def unpack_netaddr(reader):
    services = reader.unpack("<Q")
    ip = ipaddress.IPv6Address(reader.take(16))
    port = reader.unpack(">H")
    host = str(ip.ipv4_mapped) if ip.ipv4_mapped else str(ip)
    return {"services": services, "host": host, "port": port}


def version(
    height=0,
    nonce=0,
    services=NODE_NETWORK | NODE_WITNESS,
    user_agent="/scripted:1.0/",
    protocol=PROTOCOL_VERSION,
    now=None,
    relay=True,
):
    return (
        struct.pack("<iQq", protocol, services, int(time.time()) if now is None else now)
        + pack_netaddr("127.0.0.1", 0)
        + pack_netaddr("127.0.0.1", 0, services)
        + struct.pack("<Q", nonce)
        + pack_varbytes(user_agent.encode("ascii"))
        + struct.pack("<i?", height, relay)
    )


def unpack_version(payload):
    r = Reader(payload)
    out = {
        "protocol": r.unpack("<i"),
        "services": r.unpack("<Q"),
        "time": r.unpack("<q"),
        "receiver": unpack_netaddr(r),
        "sender": unpack_netaddr(r),
        "nonce": r.unpack("<Q"),
        "user_agent": r.varbytes().decode("ascii"),
        "height": r.unpack("<i"),
    }
    out["relay"] = bool(r.unpack("<B")) if r.left() else True
    r.end()
    return out


def headers(raw_headers):
    """A `headers` payload of 80-byte headers, each followed by a count of 0."""
    return pack_varint(len(raw_headers)) + b"".join(h + b"\0" for h in raw_headers)


def unpack_headers(payload):
    r = Reader(payload)
    out = []
    for _ in range(r.varint()):
        out.append(r.take(HEADER_SIZE))
        r.varint()
    r.end()
    return out


def getheaders(locator, stop=bytes(32), protocol=PROTOCOL_VERSION):
    return struct.pack("<I", protocol) + pack_varint(len(locator)) + b"".join(locator) + stop


def unpack_getheaders(payload):
    r = Reader(payload)
    protocol = r.unpack("<I")
    locator = [r.take(32) for _ in range(r.varint())]
    stop = r.take(32)
    r.end()
    return {"protocol": protocol, "locator": locator, "stop": stop}


def inv(items):
    """Payload of inv, getdata and notfound: (type, hash) pairs."""
    return pack_varint(len(items)) + b"".join(struct.pack("<I", t) + h for t, h in items)


def unpack_inv(payload):
    r = Reader(payload)
    out = [(r.unpack("<I"), r.take(32)) for _ in range(r.varint())]
    r.end()
    return out


def addr(entries):
    """entries: (time, services, host, port)."""
    return pack_varint(len(entries)) + b"".join(
        struct.pack("<I", t) + pack_netaddr(host, port, services)
        for t, services, host, port in entries
    )


def unpack_addr(payload):
    r = Reader(payload)
    out = []
    for _ in range(r.varint()):
        seen = r.unpack("<I")
        entry = unpack_netaddr(r)
        entry["time"] = seen
        out.append(entry)
    r.end()
    return out


def addrv2(entries):
    """entries: (time, services, network id, raw address, port)."""
    return pack_varint(len(entries)) + b"".join(
        struct.pack("<I", t)
        + pack_varint(services)
        + bytes([net])
        + pack_varbytes(raw)
        + struct.pack(">H", port)
        for t, services, net, raw, port in entries
    )


def unpack_addrv2(payload):
    r = Reader(payload)
    out = []
    for _ in range(r.varint()):
        out.append(
            {
                "time": r.unpack("<I"),
                "services": r.varint(),
                "net": r.unpack("<B"),
                "raw": r.varbytes(),
                "port": r.unpack(">H"),
            }
        )
    r.end()
    return out


# Streams ---------------------------------------------------------------------


class Closed(Exception):
    """The other side closed the connection."""


class Connection:
    """Messages over a connected socket. Sending may be called from any thread
    that owns the connection; receiving from one thread only."""

    def __init__(self, sock, network):
        self.sock = sock
        self.magic = MAGIC[network]
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send_raw(self, data):
        try:
            self.sock.sendall(data)
        except OSError as e:
            raise Closed(str(e)) from e

    def send(self, command, payload=b""):
        self.send_raw(frame(self.magic, command, payload))

    def _receive_exactly(self, n):
        parts = []
        while n > 0:
            try:
                part = self.sock.recv(n)
            except TimeoutError:
                raise
            except OSError as e:
                raise Closed(str(e)) from e
            if not part:
                raise Closed("end of stream")
            parts.append(part)
            n -= len(part)
        return b"".join(parts)

    def receive(self):
        """(command, payload) of the next message; Closed at the end of the
        stream, TimeoutError after the socket's timeout."""
        command, length, checksum = unframe_head(self.magic, self._receive_exactly(MESSAGE_HEAD))
        payload = self._receive_exactly(length)
        if sha256d(payload)[:4] != checksum:
            raise DecodeError("bad checksum of %s" % command)
        return command, payload

    def receive_until(self, *commands):
        """Skips messages until one of COMMANDS comes."""
        while True:
            command, payload = self.receive()
            if command in commands:
                return command, payload

    def close(self):
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.sock.close()
