#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes analysis/data/prices.csv, the built-in table of the price of a bitcoin.

    make-prices.py DAILY EPOCHS ECONOMICS > analysis/data/prices.csv

DAILY has at least the columns date and price_usd, EPOCHS first_time (decimal) and difficulty, one
line for each 2016 blocks, ECONOMICS date, quantity and value. Days before 2014 are taken once a
week. Behind the last day with a price, the price follows from what was quoted as the hashprice:

    price = hashprice / 1.01 x difficulty x 2^32 / (subsidy x 86400e15)

where 1.01 takes off fees, about 1 % of the subsidy in those months. Prices have five digits that
count.
"""

import csv
import datetime
import sys

DAILY_FROM = "2014-01-01"
WEEK = 7
SUBSIDY = 3.125
FEES = 1.01
HEAD = """\
# Price of a bitcoin in USD at 00:00 UTC of each day. Format: hashtide(1), "market import".
# basis quoted: from a public daily series, once a week before 2014. Last day quoted: %s.
# basis reconstructed: from the hashprice quoted on that day, less 1 %% for fees, and the difficulty
# then. Nothing was quoted for the days between; behind the last the price is held. Last: %s.
"""


def unix(day):
    moment = datetime.datetime.fromisoformat(day).replace(tzinfo=datetime.timezone.utc)
    return int(moment.timestamp())


def read(path):
    with open(path, newline="", encoding="utf-8") as source:
        return list(csv.DictReader(source))


def quoted(rows):
    found = [(row["date"], float(row["price_usd"])) for row in rows if row["price_usd"]]
    early = [pair for pair in found if pair[0] < DAILY_FROM]
    return early[::WEEK] + [pair for pair in found if pair[0] >= DAILY_FROM]


def reconstructed(rows, epochs, after):
    for row in rows:
        if not row["quantity"].startswith("hashprice") or row["date"] <= after:
            continue
        begun = [epoch for epoch in epochs if int(epoch["first_time"]) <= unix(row["date"])]
        work = float(begun[-1]["difficulty"]) * 2**32
        yield row["date"], float(row["value"]) / FEES * work / (SUBSIDY * 86400e15)


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    known = quoted(read(sys.argv[1]))
    last = known[-1][0]
    rest = list(reconstructed(read(sys.argv[3]), read(sys.argv[2]), last))
    sys.stdout.write(HEAD % (last, rest[-1][0]))
    print("date,price_usd,basis")
    for day, price in known:
        print(f"{day},{float(f'{price:.5g}'):.10g},quoted")
    for day, price in rest:
        print(f"{day},{float(f'{price:.5g}'):.10g},reconstructed")


if __name__ == "__main__":
    main()
