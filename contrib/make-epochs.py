#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes chain/epochs_mainnet.inc, the built-in table of mainnet's epochs.

    make-epochs.py CSV > chain/epochs_mainnet.inc

CSV has a line for each 2016 blocks and at least the columns first_height, first_time (decimal),
bits and first_hash (hex, hash in display order), as a node's getblockheader tells them. Rows must
begin at genesis and miss none.
"""

import csv
import sys

EPOCH = 2016
HEAD = """\
/*
 * Bitcoin's main chain, one line per 2016 blocks from genesis on: time, nBits and hash (display
 * order) of the first block. Facts of the public block chain, which any node confirms. Height and
 * chain work are not here: they follow from the line's number and from the nBits. Made by
 * contrib/make-epochs.py.
 */
"""


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with open(sys.argv[1], newline="", encoding="ascii") as source:
        rows = list(csv.DictReader(source))
    sys.stdout.write(HEAD)
    for number, row in enumerate(rows):
        if int(row["first_height"]) != EPOCH * number:
            found = row["first_height"]
            sys.exit(f"{sys.argv[1]}: expected height {EPOCH * number}, found {found}")
        block_hash = bytes.fromhex(row["first_hash"]).hex()
        if len(block_hash) != 64:
            sys.exit(f"{sys.argv[1]}: not a hash: {row['first_hash']}")
        time, bits = int(row["first_time"]), int(row["bits"], 16)
        print(f'{{{time}, 0x{bits:08x}, "{block_hash}"}},')


if __name__ == "__main__":
    main()
