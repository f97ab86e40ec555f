# SPDX-License-Identifier: GPL-3.0-or-later
"""Header chains mined in Python: tidenet and regtest.

The rules of the two networks are written here a second time, with Python's
unbounded integers, so that a retarget or a sum of work that the product computes
differently is refused by one of the two sides.
"""

import hashlib
import struct

from hashtide_test.protocol import HEADER_SIZE, MAX_HEADERS, sha256d

EPOCH = 2016
SPACING = 600
TIMESPAN = EPOCH * SPACING
LIMIT_BITS = 0x207FFFFF
VERSION = 0x20000000

GENESIS_MERKLE = bytes.fromhex(
    "3ba3edfd7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4a"
)
GENESIS = {  # (time, nonce)
    "regtest": (1296688602, 2),
    "tidenet": (500000000, 0),
}


def pack_header(version, prev, merkle, time, bits, nonce):
    return struct.pack("<i", version) + prev + merkle + struct.pack("<III", time, bits, nonce)


def genesis(network):
    time, nonce = GENESIS[network]
    return pack_header(1, bytes(32), GENESIS_MERKLE, time, LIMIT_BITS, nonce)


def header_time(raw):
    return struct.unpack_from("<I", raw, 68)[0]


def header_bits(raw):
    return struct.unpack_from("<I", raw, 72)[0]


def display(hash_bytes):
    """A hash as people read it: hex, most significant byte first."""
    return hash_bytes[::-1].hex()


def target_of(bits):
    mantissa = bits & 0x7FFFFF
    shift = 8 * ((bits >> 24) - 3)
    return mantissa << shift if shift >= 0 else mantissa >> -shift


def bits_of(target):
    size = (target.bit_length() + 7) // 8
    mantissa = target >> (8 * (size - 3)) if size > 3 else target << (8 * (3 - size))
    if mantissa & 0x800000:
        mantissa >>= 8
        size += 1
    return size << 24 | mantissa


def work_of(bits):
    return (1 << 256) // (target_of(bits) + 1)


def retarget(bits, first_time, last_time):
    """Mainnet's rule: FIRST_TIME and LAST_TIME are of the first and last header
    of the epoch, 2015 intervals apart (the off-by-one), the result clamped."""
    span = min(max(last_time - first_time, TIMESPAN // 4), TIMESPAN * 4)
    target = target_of(bits) * span // TIMESPAN
    return bits_of(min(target, target_of(LIMIT_BITS)))


def mine(version, prev, merkle, time, bits):
    """(raw header, hash) with proof of work for BITS."""
    head = struct.pack("<i", version) + prev + merkle + struct.pack("<II", time, bits)
    target = target_of(bits)
    sha256 = hashlib.sha256
    for nonce in range(1 << 32):
        raw = head + struct.pack("<I", nonce)
        digest = sha256(sha256(raw).digest()).digest()
        if int.from_bytes(digest, "little") <= target:
            return raw, digest
    raise AssertionError("no nonce for bits %08x" % bits)


class Chain:
    """A chain from genesis. Headers are kept as bytes, 80 each."""

    def __init__(self, network):
        self.network = network
        self.raw = []
        self.hashes = []
        self.heights = {}
        self.work = 0
        self.append(genesis(network))

    def append(self, raw, digest=None):
        """Appends a header made by build, whatever it breaks."""
        digest = digest or sha256d(raw)
        self.heights[digest] = len(self.raw)
        self.raw.append(raw)
        self.hashes.append(digest)
        self.work += work_of(header_bits(raw))

    def fork(self, height):
        """A new chain with this one's headers up to HEIGHT."""
        new = Chain(self.network)
        for h in range(1, height + 1):
            new.append(self.raw[h], self.hashes[h])
        return new

    @property
    def height(self):
        return len(self.raw) - 1

    @property
    def tip(self):
        return self.hashes[-1]

    @property
    def tip_time(self):
        return header_time(self.raw[-1])

    def next_bits(self):
        last = header_bits(self.raw[-1])
        height = len(self.raw)
        if self.network == "regtest" or height % EPOCH:
            return last
        return retarget(last, header_time(self.raw[height - EPOCH]), self.tip_time)

    def median_time_past(self):
        times = sorted(header_time(r) for r in self.raw[-11:])
        return times[len(times) // 2]

    def extend(self, count, spacing=SPACING, salt=0, version=VERSION):
        """COUNT good headers; SALT tells the branches of a fork apart."""
        merkle = struct.pack("<Q", salt) + bytes(24)
        for _ in range(count):
            raw, digest = mine(
                version, self.tip, merkle, self.tip_time + spacing, self.next_bits()
            )
            self.append(raw, digest)
        return self

    def build(self, version=VERSION, time=None, bits=None, prev=None, merkle=bytes(32)):
        """A header on the tip that breaks the rules it is told to break, with
        proof of work for the bits it claims; not appended."""
        return mine(
            version,
            self.tip if prev is None else prev,
            merkle,
            self.tip_time + SPACING if time is None else time,
            self.next_bits() if bits is None else bits,
        )[0]

    def build_without_work(self):
        """A header good in all but its hash, which misses the target."""
        bits = self.next_bits()
        for nonce in range(1 << 32):
            raw = pack_header(
                VERSION, self.tip, bytes(32), self.tip_time + SPACING, bits, nonce
            )
            if int.from_bytes(sha256d(raw), "little") > target_of(bits):
                return raw
        raise AssertionError("every nonce is below the target")

    def records(self, first=0, last=None):
        """The headers FIRST..LAST as a file of 80-byte records."""
        return b"".join(self.raw[first : None if last is None else last + 1])

    def after(self, locator, stop=bytes(32), limit=MAX_HEADERS):
        """The answer to a getheaders, as Bitcoin Core gives it."""
        if not locator:
            return [self.raw[self.heights[stop]]] if stop in self.heights else []
        start = 0
        for digest in locator:
            if digest in self.heights:
                start = self.heights[digest]
                break
        found = self.raw[start + 1 : start + 1 + limit]
        if stop in self.heights:
            found = found[: max(0, self.heights[stop] - start)]
        return found


class BulkChain:
    """A tidenet chain of millions at the work limit, kept as the 81-byte records
    of a headers message, from height 1.

    An epoch of 2015 intervals of 601 s is longer than two weeks, so every
    retarget is clamped to the limit and mining costs two hashes a header."""

    SPACING = 601
    RECORD = HEADER_SIZE + 1

    def __init__(self, count):
        sha256 = hashlib.sha256
        nonces = [struct.pack("<I", i) for i in range(4096)]
        version = struct.pack("<i", VERSION)
        bits = struct.pack("<I", LIMIT_BITS)
        merkle = bytes(32)
        digest = sha256d(genesis("tidenet"))
        time = GENESIS["tidenet"][0]
        records = bytearray(count * self.RECORD)
        self.starts = {digest: 0}  # hash of a header -> records before its child
        for i in range(count):
            time += self.SPACING
            head = version + digest + merkle + struct.pack("<I", time) + bits
            for nonce in nonces:
                raw = head + nonce
                digest = sha256(sha256(raw).digest()).digest()
                if digest[31] < 0x80:  # hash <= 7fffff00..00, or equal in its top byte
                    if int.from_bytes(digest, "little") <= target_of(LIMIT_BITS):
                        break
            at = i * self.RECORD
            records[at : at + HEADER_SIZE] = raw
            if (i + 1) % MAX_HEADERS == 0:
                self.starts[digest] = i + 1
        self.starts[digest] = count
        self.records = bytes(records)
        self.count = count
        self.tip = digest
        self.work = (count + 1) * work_of(LIMIT_BITS)

    @classmethod
    def of_file(cls, data):
        """A chain made elsewhere: 80-byte records from genesis."""
        self = cls(0)
        size = HEADER_SIZE
        self.count = len(data) // size - 1
        self.tip = sha256d(data[-size:])
        self.records = b"".join(
            data[at : at + size] + b"\0" for at in range(size, len(data), size)
        )
        self.work = sum(
            work_of(header_bits(data[at : at + size])) for at in range(0, len(data), size)
        )
        for i in range(0, self.count, MAX_HEADERS):
            at = i * self.RECORD + 4
            self.starts[self.records[at : at + 32]] = i
        self.starts[self.tip] = self.count
        return self

    def payload_after(self, locator):
        """Payload of the headers message that answers a getheaders."""
        start = 0
        for digest in locator:
            if digest in self.starts:
                start = self.starts[digest]
                break
            at = self.records.find(digest)
            if at >= 0 and at % self.RECORD == 4:
                start = at // self.RECORD
                break
        count = min(MAX_HEADERS, self.count - start)
        size = b"\xfd" + struct.pack("<H", count) if count >= 0xFD else bytes([count])
        return size + self.records[start * self.RECORD : (start + count) * self.RECORD]
