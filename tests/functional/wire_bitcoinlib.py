#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Goal of this test: our messages are python-bitcoinlib's messages, byte for byte, both ways.

Messages of random content are made by bitcoinlib, read and written again by our codec (wirecat),
and read by bitcoinlib. Two messages need help: bitcoinlib writes headers without their transaction
counts, and it does not know addrv2, which is therefore written here, from BIP155.
"""

import hashlib
import io
import json
import os
import random
import socket
import struct
import subprocess
import sys

try:
    import bitcoin.core
    import bitcoin.core.serialize
    import bitcoin.messages as messages
    import bitcoin.net as net
except ImportError:
    # Debian's modules belong to Debian's interpreter, which need not be the first in PATH.
    DEBIAN = "/usr/bin/python3"
    if os.path.exists(DEBIAN) and "HASHTIDE_DEBIAN_PYTHON" not in os.environ:
        os.environ["HASHTIDE_DEBIAN_PYTHON"] = "1"
        os.execv(DEBIAN, [DEBIAN, "-B", os.path.abspath(__file__)])
    print("skipped: python3-bitcoinlib is not installed")
    sys.exit(77)

ROUNDS = int(os.environ.get("HASHTIDE_MESSAGES", "4000"))
WIRECAT = os.path.join(os.environ["HASHTIDE_BUILDDIR"], "tests", "support", "wirecat")
MAGIC = b"\xf9\xbe\xb4\xd9"
IPV4_PREFIX = bytes(10) + b"\xff\xff"


class Wirecat:
    """The codec under test, as a process."""

    def __init__(self):
        self.process = subprocess.Popen([WIRECAT], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, message):
        self.process.stdin.write(message.hex().encode() + b"\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        return self.process.wait()


def frame(command, payload):
    checksum = hashlib.sha256(hashlib.sha256(payload).digest()).digest()[:4]
    return MAGIC + command.ljust(12, b"\0") + struct.pack("<I", len(payload)) + checksum + payload


def compact_size(number):
    stream = io.BytesIO()
    bitcoin.core.serialize.VarIntSerializer.stream_serialize(number, stream)
    return stream.getvalue()


def some_bytes(rng, count):
    return bytes(rng.getrandbits(8) for _ in range(count))


def some_count(rng, most):
    """Often small, sometimes at the edges where the encoding of lengths changes."""
    return min(most, rng.choice([0, 1, 2, rng.randrange(20), 252, 253, 254, most]))


def some_address(rng):
    address = net.CAddress()
    address.nTime = rng.getrandbits(32)
    address.nServices = rng.getrandbits(64)
    address.port = rng.getrandbits(16)
    if rng.random() < 0.5:
        address.ip = socket.inet_ntop(socket.AF_INET, some_bytes(rng, 4))
    else:
        address.ip = socket.inet_ntop(socket.AF_INET6, b"\x20" + some_bytes(rng, 15))
    return address


def packed(ip):
    if ":" in ip:
        return socket.inet_pton(socket.AF_INET6, ip)
    return IPV4_PREFIX + socket.inet_pton(socket.AF_INET, ip)


# Each maker returns a message's bytes and what wirecat should understand of it.


def make_version(rng):
    message = messages.msg_version()
    message.nVersion = rng.randrange(70001, 80000)
    message.nServices = rng.getrandbits(64)
    message.nTime = rng.getrandbits(63) - rng.getrandbits(63)
    message.addrTo = some_address(rng)
    message.addrFrom = some_address(rng)
    message.nNonce = rng.getrandbits(64)
    message.strSubVer = some_bytes(rng, some_count(rng, 256))
    message.nStartingHeight = rng.getrandbits(31) - rng.getrandbits(31)
    message.fRelay = rng.random() < 0.5
    return message.to_bytes(), {
        "version": message.nVersion,
        "services": message.nServices,
        "time": message.nTime,
        "nonce": message.nNonce,
        "height": message.nStartingHeight,
        "relay": int(message.fRelay),
        "to": packed(message.addrTo.ip).hex(),
        "to_port": message.addrTo.port,
        "to_services": message.addrTo.nServices,
        "from": packed(message.addrFrom.ip).hex(),
        "from_port": message.addrFrom.port,
        "from_services": message.addrFrom.nServices,
        "user_agent": message.strSubVer.hex(),
    }


def make_empty(rng):
    if rng.random() < 0.3:  # these two are younger than bitcoinlib
        return frame(rng.choice([b"sendheaders", b"sendaddrv2"]), b""), {}
    return rng.choice([messages.msg_verack, messages.msg_getaddr])().to_bytes(), {}


def make_nonce(rng):
    message = rng.choice([messages.msg_ping, messages.msg_pong])()
    message.nonce = rng.getrandbits(64)
    return message.to_bytes(), {"nonce": message.nonce}


def make_getheaders(rng):
    message = messages.msg_getheaders()
    message.locator.nVersion = rng.getrandbits(31)
    message.locator.vHave = [some_bytes(rng, 32) for _ in range(some_count(rng, 101))]
    message.hashstop = some_bytes(rng, 32)
    return message.to_bytes(), {
        "version": message.locator.nVersion,
        "locator": [have.hex() for have in message.locator.vHave],
        "stop": message.hashstop.hex(),
    }


def make_headers(rng):
    headers = [
        bitcoin.core.CBlockHeader(
            rng.getrandbits(31) - rng.getrandbits(31),
            some_bytes(rng, 32),
            some_bytes(rng, 32),
            rng.getrandbits(32),
            rng.getrandbits(32),
            rng.getrandbits(32),
        )
        for _ in range(some_count(rng, 2000 if rng.random() < 0.05 else 300))
    ]
    payload = compact_size(len(headers)) + b"".join(h.serialize() + b"\0" for h in headers)
    return frame(b"headers", payload), {
        "headers": [
            {
                "version": h.nVersion,
                "prev": h.hashPrevBlock.hex(),
                "merkle_root": h.hashMerkleRoot.hex(),
                "time": h.nTime,
                "bits": h.nBits,
                "nonce": h.nNonce,
            }
            for h in headers
        ]
    }


def make_inv(rng):
    message = rng.choice([messages.msg_inv, messages.msg_getdata, messages.msg_notfound])()
    for _ in range(some_count(rng, 50000 if rng.random() < 0.005 else 300)):
        item = net.CInv()
        item.type = rng.getrandbits(31)
        item.hash = some_bytes(rng, 32)
        message.inv.append(item)
    return message.to_bytes(), {"items": [[item.type, item.hash.hex()] for item in message.inv]}


def make_addr(rng):
    message = messages.msg_addr()
    message.addrs = [some_address(rng) for _ in range(some_count(rng, 1000))]
    return message.to_bytes(), {
        "addresses": [
            {
                "network": 2 if ":" in a.ip else 1,
                "bytes": packed(a.ip)[0 if ":" in a.ip else 12 :].hex(),
                "port": a.port,
                "services": a.nServices,
                "time": a.nTime,
            }
            for a in message.addrs
        ]
    }


def make_addrv2(rng):
    payload = b""
    understood = []
    count = some_count(rng, 1000)
    for _ in range(count):
        network, size = rng.choice([(1, 4), (2, 16), (4, 32), (5, 32), (6, 16)])
        raw = some_bytes(rng, size)
        if network == 2:
            raw = b"\x20" + raw[1:]
        elif network == 6:
            raw = b"\xfc" + raw[1:]
        time = rng.getrandbits(32)
        services = rng.getrandbits(rng.randrange(1, 65))
        port = rng.getrandbits(16)
        payload += struct.pack("<I", time) + compact_size(services) + bytes([network])
        payload += compact_size(size) + raw + struct.pack(">H", port)
        understood.append({
            "network": network,
            "bytes": raw.hex(),
            "port": port,
            "services": services,
            "time": time,
        })
    return frame(b"addrv2", compact_size(count) + payload), {"addresses": understood}


MAKERS = [
    make_version,
    make_empty,
    make_nonce,
    make_getheaders,
    make_headers,
    make_inv,
    make_addr,
    make_addrv2,
]


def read_again(message):
    """bitcoinlib's own reading of what we wrote, written once more; None where it can't."""
    command = message[4:16].rstrip(b"\0")
    if command in (b"headers", b"addrv2", b"sendheaders", b"sendaddrv2"):
        return None
    return messages.MsgSerializable.from_bytes(message).to_bytes()


def check_good(rng, wirecat):
    message, expected = rng.choice(MAKERS)(rng)
    answer = wirecat.ask(message)
    expected["command"] = message[4:16].rstrip(b"\0").decode()
    expected["hex"] = message.hex()
    expected["error"] = None
    assert answer == expected, "\n  ".join((message.hex(), str(expected), str(answer)))
    again = read_again(bytes.fromhex(answer["hex"]))
    assert again is None or again == message, message.hex()
    return message


def check_bad(rng, wirecat, message):
    """One byte of the payload is missing: both refuse it."""
    payload = message[24:-1]
    command = message[4:16].rstrip(b"\0")
    short = frame(command, payload)
    answer = wirecat.ask(short)
    if command == b"version":  # relay may be absent, which bitcoinlib does not allow
        assert answer["error"] is None and answer["relay"] == 1, answer
        return
    assert answer["error"] == "malformed", (short.hex(), answer)
    if command in (b"headers", b"addrv2"):
        return
    try:
        messages.MsgSerializable.from_bytes(short)
    except bitcoin.core.serialize.SerializationError:
        return
    raise AssertionError("bitcoinlib takes " + short.hex())


def main():
    seed = int(os.environ.get("HASHTIDE_SEED") or random.SystemRandom().getrandbits(32))
    rng = random.Random(seed)
    wirecat = Wirecat()
    print("seed: %d" % seed)
    for number in range(ROUNDS):
        message = check_good(rng, wirecat)
        if number % 10 == 0 and len(message) > 24:
            check_bad(rng, wirecat, message)
    assert wirecat.close() == 0
    print("%d messages" % ROUNDS)


if __name__ == "__main__":
    main()
