# SPDX-License-Identifier: GPL-3.0-or-later
"""Goal: the running monitor asks sources for the price, keeps what they say, and
has rules look at hashprice, margins and departures; a source that lies raises an
alert, by name in the log, and is never believed; SIGHUP and SIGTERM find it in the
middle of that and harm nothing."""

import hashlib
import http.server
import json
import os
import signal
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import hashtide_test
from hashtide_test import TestCase, peer, protocol, shared_data, wait_until
from hashtide_test.receiver import Receiver

FIRST, LAST = 822528, 830592
PRICE = 64000.0
# Of these a test would have to wait for luck.
QUIET = "".join("[alert %s]\nenabled=0\n" % name for name in (
    "hashrate-fall", "hashrate-fall-large", "hashrate-decline", "hashrate-rise", "chain-silence",
    "retarget-down", "retarget-up", "few-peers", "not-synced", "stale-tip", "ai-departure",
    "unexplained-loss"))
RULES = """[alert has-departure]
metric=departure.ai_net_ehs
raise=above 1
clear=below 0.5
severity=info
[alert has-share]
metric=departure.ai_share
raise=above 0.1%
clear=below 0.05%
severity=info
[alert has-unexplained]
metric=departure.unexplained_ehs
raise=above -100000
clear=below -200000
severity=info
[alert has-hashprice]
metric=hashprice.usd_ph_day
raise=above 1
clear=below 0.5
severity=info
[alert has-underwater]
metric=fleet.underwater_pct
raise=above 0.001%
clear=below 0
severity=info
[alert has-ratio]
metric=incentive.ratio
raise=above 0.01
clear=below 0.001
severity=info
"""


class Quotes(http.server.ThreadingHTTPServer):
    """Sources of the price: /NAME answers with what `prices` has of that name."""
    daemon_threads = True

    def __init__(self, prices):
        self.prices, self.asked, self.delay = dict(prices), [], 0.0
        self.texts = {}  # of other paths
        quotes = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *args):  # pylint: disable=arguments-differ
                pass

            def do_GET(self):  # pylint: disable=invalid-name
                quotes.asked.append(self.path)
                time.sleep(quotes.delay)
                body = json.dumps({"usd": quotes.prices.get(self.path[1:])}).encode()
                body = quotes.texts.get(self.path, body)
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                try:
                    self.wfile.write(body)
                except OSError:
                    pass

        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request, client_address):
        """Clients that go away are wanted here."""

    def settings(self):
        return "".join(
            "price.source=%s http://127.0.0.1:%d/%s /usd\n" % (name, self.server_port, name)
            for name in self.prices)


class TipPeer(peer.ScriptedPeer):
    """Has the chain that we have, and nothing beyond."""

    def __init__(self):
        super().__init__(None, network="main")

    def start_height(self):
        return LAST

    def on_getheaders(self, conn, request):
        conn.send("headers", protocol.headers([]))


class Economy(TestCase):
    def setUp(self):
        super().setUp()
        self.tide = self.node("main")
        self.receiver = self.enterContext(Receiver())
        self.peer = self.enterContext(TipPeer())
        self.quotes = self.enterContext(Quotes({"a": PRICE, "b": PRICE, "c": PRICE + 1}))

    def configure(self, *texts):
        sink = "[sink all]\ntype=webhook\nurl=%s\n" % self.receiver.url("/all")
        self.conf = self.write("tide.conf", "".join(texts) + sink + QUIET)

    def import_headers(self):
        self.tide.ok("import", "--anchor=%d" % FIRST,
                     shared_data("headers", "mainnet-822528-830592.bin"))

    def start(self, *args):
        self.tide.start("--conf=" + self.conf, "--dnsseed=0", "--minimumchainwork=0",
                        self.peer.connect, *args)

    def documents(self):
        return [json.loads(request.body) for request in self.receiver.requests]

    def raised(self):
        return {d["rule"]: d for d in self.documents() if d["state"] == "raised"}

    def wait_raised(self, *rules, timeout=60):
        wait_until(lambda: set(rules) <= set(self.raised()), timeout,
                   "alerts %s" % ", ".join(rules))

    def market(self):
        return self.tide.json("market", "list", "--json")

    def test_figures_that_rules_watch(self):
        self.import_headers()
        self.configure("price.fetch=1h\n", self.quotes.settings(), RULES)
        self.start()
        rules = ("has-departure", "has-share", "has-unexplained", "has-hashprice",
                 "has-underwater", "has-ratio")
        self.wait_raised(*rules)
        wait_until(lambda: self.market() != [], 30, "a price")
        found = self.raised()
        net = self.tide.json("departure", "--json")["net_ehs"]
        economy = self.tide.json("status", "--json")["economy"]
        self.assertAlmostEqual(economy["departure.ai_net_ehs"]["hi"], net["hi90"], 2)
        self.assertEqual(economy["market.suspect"]["value"], 0)
        text = self.tide.ok("status")
        self.assertRegex(text, r"hashprice +[0-9.]+ USD per PH/s and day; about [0-9.]+ % of")
        self.assertRegex(text, r"to AI +[0-9.]+ EH/s gone \(90 %: .* to .*, given the ledger")
        self.assertLessEqual(max(map(len, text.splitlines())), 80)
        value = found["has-departure"]["value"]
        self.assertAlmostEqual(value["estimate"], net["median"], 2)
        for rule, unit in (("has-departure", "EH/s"), ("has-share", "fraction"),
                           ("has-unexplained", "EH/s"), ("has-hashprice", "USD/PH/s/day"),
                           ("has-underwater", "%"), ("has-ratio", "ratio")):
            self.assertEqual(found[rule]["metric"]["unit"], unit)
            self.assertLessEqual(found[rule]["value"]["lo"], found[rule]["value"]["estimate"])
        # At a quoted price a petahash earns what the formula says: hardly an interval.
        hashprice = found["has-hashprice"]["value"]
        self.assertLess(hashprice["hi"] - hashprice["lo"], 0.01 * hashprice["estimate"])
        self.assertEqual(self.tide.stop(), 0)
        self.assertEqual(len(self.quotes.asked), 3)
        # It is not time yet.
        self.start()
        self.wait_settled()
        self.assertEqual(len(self.quotes.asked), 3)

    def wait_settled(self):
        """What is looked at each five seconds has been, twice."""
        time.sleep(11)

    def test_source_that_lies(self):
        self.configure("price.fetch=10s\n", self.quotes.settings())
        self.quotes.prices["c"] = -1
        self.start()
        # Rules on health have ten minutes' grace at start; what they would look at is there before.
        wait_until(lambda: "the source c of the price is refused: no-price" in self.tide.log(),
                   60, "the refusal")
        wait_until(lambda: len({q["fetched"] for q in self.market()}) >= 2, 60, "another round")
        kept = self.market()
        self.assertEqual({q["verdict"] for q in kept if q["source"] == "c"}, {"no-price"})
        self.assertEqual({q["median_usd"] for q in kept}, {PRICE})
        self.assertEqual(self.tide.log().count("the source c of the price is refused"), 1)
        self.wait_value("price-suspect", lambda value: value == 1)
        self.wait_value("price-stale", lambda value: value < 60)
        self.quotes.prices["c"] = PRICE
        self.wait_value("price-suspect", lambda value: value == 0)

    def wait_value(self, rule, wanted):
        def found():
            listed = self.tide.json("alerts", "list", "--all", "--json")["rules"]
            value = [r["value"] for r in listed if r["rule"] == rule][0]
            return value is not None and wanted(value)
        wait_until(found, 60, "the value of " + rule)

    def test_no_price(self):
        """Sources that differ give none: that is said, and nothing is made up."""
        self.configure("price.fetch=10s\n", self.quotes.settings())
        self.quotes.prices.update(a=PRICE, b=PRICE / 2, c=PRICE * 2)
        self.start()
        wait_until(lambda: "no price: " in self.tide.log(), 60, "the complaint")
        self.assertEqual({q["median_usd"] for q in self.market()}, {None})

    def test_table_that_comes_late(self):
        """A machine that starts before its network must not wait for the next day."""
        ledger = self.tide.ok("ledger", "list", "--csv").encode()
        table = "ledger.url=http://127.0.0.1:%d/ledger\nledger.sha256=%s\n" % (
            self.quotes.server_port, hashlib.sha256(ledger).hexdigest())
        self.import_headers()
        self.configure("price.fetch=10s\n", self.quotes.settings(), table, RULES)
        self.start()
        wait_until(lambda: "what has left for AI cannot be worked out" in self.tide.log(), 60,
                   "the complaint")
        self.assertNotIn("has-departure", self.raised())
        self.quotes.texts["/ledger"] = ledger
        self.wait_raised("has-departure")
        self.assertEqual(self.tide.log().count("what has left for AI cannot be worked out"), 1)

    def test_off(self):
        self.configure("price.fetch=0\n", self.quotes.settings())
        self.start()
        self.tide.process.send_signal(signal.SIGHUP)
        self.wait_settled()
        self.assertEqual(self.quotes.asked, [])
        self.configure("price.fetch=1h\n", self.quotes.settings())
        self.tide.process.send_signal(signal.SIGHUP)
        wait_until(lambda: len(self.quotes.asked) == 3, 30, "sources are asked")

    def test_ends_at_once(self):
        """Also while sources are silent, and a thread waits for a table from the web."""
        self.import_headers()
        self.quotes.delay = 30.0
        table = "ledger.url=http://127.0.0.1:%d/ledger\nledger.sha256=%s\n" % (
            self.quotes.server_port, 64 * "0")
        self.configure("price.fetch=10s\n", self.quotes.settings(), table)
        self.start()
        wait_until(lambda: "/ledger" in self.quotes.asked and "/a" in self.quotes.asked, 60,
                   "both are asked")
        for _ in range(3):
            self.tide.process.send_signal(signal.SIGHUP)
            self.tide.ok("status")
        ended = time.monotonic()
        self.assertEqual(self.tide.stop(), 0)
        self.assertLess(time.monotonic() - ended, 10)  # and not the 30 s


if __name__ == "__main__":
    hashtide_test.main()
