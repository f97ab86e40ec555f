# SPDX-License-Identifier: GPL-3.0-or-later
"""Goal: `hashtide market` takes a price only from sources that agree, and refuses
by name whatever else a source may send: too much, too slowly, elsewhere, no JSON,
no number, a number that no price is, yesterday's price, one far from the others.
What was answered is kept, listed, counted; a history is imported whole or not at
all."""

import http.server
import json
import os
import socket
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import hashtide_test
from hashtide_test import TestCase, free_port, seeded
from hashtide_test.receiver import Authority
from hashtide_test.socks import SocksProxy

DONE, FAILED, USAGE = 0, 1, 2
PRICE = 64000.0
# What a path answers: a body, and the verdict that it deserves.
BODIES = {
    "not-json": ["", "hello", "{\"usd\":", "<html></html>", "{\"usd\":NaN}", "{\"usd\":1e999}",
                 "{\"usd\":Infinity}", "[" * 5000, "{\"usd\":1,\"usd\":2}", "{\"usd\":1}x", "\0"],
    "no-value": ["{}", "[]", "{\"eur\":1}", "{\"usd\":null}", "[64000]"],
    "wrong-type": ["{\"usd\":true}", "{\"usd\":{}}", "{\"usd\":[64000]}", "{\"usd\":\"nan\"}",
                   "{\"usd\":\"\"}", "{\"usd\":\"64,000\"}", "{\"usd\":\"6.4e4\"}",
                   "{\"usd\":\"\\u001b[31m\"}"],
    "no-price": ["{\"usd\":0}", "{\"usd\":-64000}", "{\"usd\":\"-1\"}", "{\"usd\":1e12}",
                 "{\"usd\":1e-9}", "{\"usd\":-0.0}"],
    "apart": ["{\"usd\":6400}", "{\"usd\":640000}", "{\"usd\":\"71000\"}", "{\"usd\":57000.5}"],
    "good": ["{\"usd\":64000}", "{\"usd\":\"64000.00000\"}", " {\"usd\": 6.3e4 }\n",
             "{\"x\":[[]],\"usd\":65000}"],
}


class Handler(http.server.BaseHTTPRequestHandler):
    """Behaves as its path says."""
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):  # pylint: disable=arguments-differ
        pass

    def send(self, body, status=200, headers=()):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):  # pylint: disable=invalid-name
        self.server.asked.append((self.path, dict(self.headers)))
        kind, _, rest = self.path[1:].partition("/")
        try:
            getattr(self, "do_" + kind)(rest)
        except (BrokenPipeError, ConnectionResetError):
            pass

    def do_body(self, number):
        self.send(self.server.bodies[int(number)])

    def do_status(self, status):
        self.send(b"{\"usd\":64000}", int(status))

    def do_redirect(self, rest):
        self.send(b"{\"usd\":64000}", 302, [("Location", "/body/" + rest)])

    def do_huge(self, _):
        self.send_response(200)
        self.end_headers()
        for _ in range(2000):
            self.wfile.write(b" " * 10000)

    def do_headers(self, _):
        self.send_response(200)
        for i in range(3000):
            self.send_header("X-%d" % i, "y" * 100)
        self.end_headers()

    def do_drip(self, _):
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        for _ in range(1000):
            self.wfile.write(b" ")
            self.wfile.flush()
            time.sleep(0.2)

    def do_short(self, _):
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        self.wfile.write(b"{\"usd\":64000}")
        self.close_connection = True

    def do_close(self, _):
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def do_dated(self, offset):
        body = {"usd": PRICE, "time": int(time.time()) + int(offset)}
        self.send(json.dumps(body).encode())


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.bodies, self.asked = [], []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request, client_address):
        """Clients that go away are what is wanted here."""


class Market(TestCase):
    def setUp(self):
        super().setUp()
        self.tide = self.node()
        self.server = Server()
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)

    def url(self, path):
        return "http://127.0.0.1:%d/%s" % (self.server.server_port, path)

    def body(self, text):
        """A source's address that answers with this text."""
        self.server.bodies.append(text.encode())
        return self.url("body/%d" % (len(self.server.bodies) - 1))

    def market(self, *args, code=DONE):
        done = self.tide.command("market", *args)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done

    def fetch(self, sources, *args, code=DONE):
        """The round, and verdicts by source."""
        options = ["--price.source=s%d %s %s" % (i, url, pointer)
                   for i, (url, pointer) in enumerate(sources)]
        done = self.market("fetch", "--json", *options, *args, code=code)
        answer = json.loads(done.stdout)
        answer["stderr"] = done.stderr
        return answer, [quote["verdict"] for quote in answer["quotes"]]

    def honest(self, *prices):
        return [(self.body("{\"usd\":%r}" % price), "/usd") for price in prices]

    def test_median(self):
        answer, verdicts = self.fetch(self.honest(64000, 64100, 63900))
        self.assertEqual(verdicts, ["good"] * 3)
        self.assertEqual(answer["usd"], 64000)
        self.assertAlmostEqual(answer["spread"], 200 / 64000)
        self.assertEqual(answer["stderr"], "")
        answer, _ = self.fetch(self.honest(64000, 64100))
        self.assertEqual(answer["usd"], 64050)
        answer, _ = self.fetch(self.honest(64000))
        self.assertEqual(answer["usd"], 64000)
        agents = {headers.get("user-agent") for _, headers in self.server.asked}
        self.assertRegex(agents.pop(), r"^hashtide/")

    def test_disagreement(self):
        answer, verdicts = self.fetch(self.honest(64000, 6400), code=FAILED)
        self.assertIsNone(answer["usd"])
        self.assertEqual(verdicts, ["apart", "apart"])
        self.assertIn("too few", answer["stderr"])
        # Two against two: nobody can say who is right.
        answer, _ = self.fetch(self.honest(64000, 64010, 6400, 6401), code=FAILED)
        self.assertIsNone(answer["usd"])

    def test_every_body(self):
        cases = [(verdict, text) for verdict in BODIES for text in BODIES[verdict]]
        random = seeded()
        random.shuffle(cases)
        while cases:
            some, cases = cases[:4], cases[4:]
            sources = self.honest(64000, 64001, 63999, 64002, 63998, 64000.5, 64003)
            sources += [(self.body(text), "/usd") for _, text in some]
            answer, verdicts = self.fetch(sources)
            self.assertLess(abs(answer["usd"] - PRICE), 100)
            self.assertEqual(verdicts[7:], [verdict for verdict, _ in some], some)
            for verdict, text in some:
                if verdict != "good":
                    self.assertIn("is refused: " + verdict, answer["stderr"], text)
            self.assertNotIn("\x1b", answer["stderr"])

    def test_misbehaviour(self):
        cases = {"huge/": "too-long", "headers/": "too-long", "redirect/0": "redirect",
                 "short/": "unreachable", "close/": "unreachable", "status/500": "refused",
                 "status/404": "refused", "status/429": "refused", "status/204": "refused",
                 "drip/": "too-slow"}
        sources = self.honest(64000, 64001, 63999)
        sources += [(self.url(path), "/usd") for path in cases]
        sources.append(("http://127.0.0.1:%d/" % free_port(), "/usd"))
        begun = time.monotonic()
        answer, verdicts = self.fetch(sources, "--timeout-s=3")
        self.assertLess(time.monotonic() - begun, 30)
        self.assertEqual(verdicts, ["good"] * 3 + list(cases.values()) + ["unreachable"])
        self.assertEqual(answer["usd"], 64000)
        self.assertEqual(answer["suspect"], 3)

    def test_alone_and_silent(self):
        answer, verdicts = self.fetch([(self.url("close/"), "/usd")], code=FAILED)
        self.assertEqual(verdicts, ["unreachable"])
        self.assertIsNone(answer["usd"])
        # What another time gave is not used instead.
        self.fetch(self.honest(64000, 64001))
        answer, _ = self.fetch([(self.url("close/"), "/usd")], code=FAILED)
        self.assertIsNone(answer["usd"])

    def test_dated(self):
        sources = [(self.url("dated/%d" % offset), "/usd /time")
                   for offset in (0, -600, -7200, 7200)]
        _, verdicts = self.fetch(sources)
        self.assertEqual(verdicts, ["good", "good", "stale", "stale"])
        _, verdicts = self.fetch(self.honest(1, 1) + [(self.url("dated/0"), "/usd /when")])
        self.assertEqual(verdicts[2], "no-value")

    def test_pointers(self):
        body = self.body(json.dumps({"a/b": {"~": [[], {"": "64000"}]}, "": 64001}))
        _, verdicts = self.fetch([(body, "/a~1b/~0/1/"), (body, "/"), (body, "/a~1b/~0/01/"),
                                  (body, "/a~1b/~0/-"), (body, "/a~1b/~0/7")])
        self.assertEqual(verdicts, ["good", "good", "no-value", "no-value", "no-value"])

    def test_bad_sources(self):
        for source in ("", "x", "x http://h", "X http://h /usd", "x ftp://h /usd",
                       "x file:///etc/passwd /usd", "x http://h usd", "x http://h /~2",
                       "x http://h /a /b /c"):
            done = self.market("fetch", "--price.source=" + source, code=USAGE)
            self.assertIn("price.source", done.stderr)
        done = self.market("sources", "--price.source=x http://h /a",
                           "--price.source=x http://g /b", code=USAGE)
        self.assertIn("no other source", done.stderr)

    def test_certificate(self):
        context = Authority(self.root).server_context()
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)

        def serve():
            try:
                connection, _ = listener.accept()
                with context.wrap_socket(connection, server_side=True):
                    pass
            except OSError:
                pass

        threading.Thread(target=serve, daemon=True).start()
        url = "https://localhost:%d/" % listener.getsockname()[1]
        _, verdicts = self.fetch(self.honest(64000, 64001) + [(url, "/usd")])
        self.assertEqual(verdicts[2], "untrusted")

    def test_proxy(self):
        routes = {("price.invalid", 80): ("127.0.0.1", self.server.server_port)}
        with SocksProxy(routes) as proxy:
            body = self.body("{\"usd\":64000}").rsplit("/", 1)[1]
            source = ("http://price.invalid/body/" + body, "/usd")
            answer, _ = self.fetch([source], "--proxy=" + proxy.address)
            self.assertEqual(answer["usd"], 64000)
            self.assertTrue(proxy.requests)
        # It is the proxy or nothing.
        _, verdicts = self.fetch([(self.body("{\"usd\":64000}"), "/usd")],
                                 "--proxy=127.0.0.1:%d" % free_port(), code=FAILED)
        self.assertEqual(verdicts, ["unreachable"])

    def test_kept(self):
        self.assertIn("nothing was fetched", self.market("list").stdout)
        self.assertEqual(json.loads(self.market("list", "--json").stdout), [])
        sources = self.honest(64000, 64001, 6400)
        self.fetch(sources)
        self.fetch(sources)
        quotes = json.loads(self.market("list", "--json").stdout)
        self.assertEqual([quote["verdict"] for quote in quotes], ["good", "good", "apart"] * 2)
        quotes = json.loads(self.market("list", "--json", "--rounds=1").stdout)
        self.assertEqual(len(quotes), 3)
        self.assertIn("64000.50 USD, 2 of 3 sources agree", self.market("list").stdout)
        options = ["--price.source=s%d %s %s" % (i, *source) for i, source in enumerate(sources)]
        records = json.loads(self.market("sources", "--json", *options).stdout)
        self.assertEqual([(r["tries"], r["good"], r["suspect"]) for r in records],
                         [(2, 2, 0), (2, 2, 0), (2, 0, 2)])
        self.assertIn("2 suspect", self.market("sources", *options).stdout)
        builtin = json.loads(self.market("sources", "--json").stdout)
        self.assertGreaterEqual(len(builtin), 5)
        self.assertTrue(all(source["url"].startswith("https://") for source in builtin))

    def write(self, text):
        path = os.path.join(self.root, "history.csv")
        with open(path, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        return path

    def test_import(self):
        done = self.market("import", self.write("date,price_usd\r\n2026-02-01,77000\r\n"
                                                "2026-02-02,\r\n2026-02-03,76000.5\r\n"))
        self.assertIn("2 days from 2026-02-01 to 2026-02-03; 1 without a price", done.stdout)
        for bad, why in (("", "empty"), ("date\n", "price_usd"), ("date,price_usd\n", "no price"),
                         ("date,price_usd\n2026-02-01,1\n2026-01-01,2\n", ":3:"),
                         ("date,price_usd\n2026-02-01,nan\n", ":2:"),
                         ("date,price_usd\n2026-02-01,-5\n", ":2:"),
                         ("date,price_usd\n2026-02-01,5\n2062-02-01,5\n", "2062-02-01")):
            self.assertIn(why, self.market("import", self.write(bad), code=FAILED).stderr)
        # Nor is there a line to such a day where a file is used as it is.
        path = self.write("date,price_usd\n2010-02-01,1\n2026-02-01,50000\n2062-02-01,50000\n")
        done = self.node("main").command("incentive", "--price.file=" + path)
        self.assertIn("2062-02-01 has not come", done.stderr)
        self.market("import", "/nonexistent", code=FAILED)
        self.market("import", code=USAGE)

    def test_broken_store(self):
        self.fetch(self.honest(64000))
        path = next(os.path.join(folder, "market.sqlite") for folder, _, names
                    in os.walk(self.root) if "market.sqlite" in names)
        for name in (path + "-wal", path + "-shm"):
            if os.path.exists(name):
                os.remove(name)
        with open(path, "wb") as file:
            file.write(b"no database at all, and long enough to be looked at" * 40)
        self.assertIn("move it away", self.market("list", code=FAILED).stderr)
        done = self.tide.command("market", "fetch", "--price.source=a http://127.0.0.1:1/ /x")
        self.assertEqual(done.returncode, FAILED)


if __name__ == "__main__":
    hashtide_test.main()
