# SPDX-License-Identifier: GPL-3.0-or-later
"""Goal: the ledger of sites can be listed, checked, added to and compared; what is wrong
is said with line, column and reason; any past state can be had; a ledger from the web is
used if its bytes are those that were asked for, and never otherwise."""

import csv
import hashlib
import http.server
import io
import os
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import hashtide_test
from hashtide_test import TestCase

HEAD = "id,recorded,company,site,kind,status,mw,mw_basis,mined_before,announced," \
    "probability,parent,source,confidence\n"
ROW = "a,2026-07-01,C,S,conversion,plan,100,mined,yes,2025-06-01,0.5,,,memory\n"


class Handler(http.server.BaseHTTPRequestHandler):
    """Serves server.pages, and counts."""

    def do_GET(self):
        self.server.asked.append(self.path)
        page = self.server.pages.get(self.path)
        if isinstance(page, str):
            self.send_response(302)
            self.send_header("Location", page)
            self.end_headers()
            return
        self.send_response(200 if page is not None else 404)
        self.end_headers()
        try:
            self.wfile.write(page or b"no such page")
        except (BrokenPipeError, ConnectionResetError):
            pass

    def log_message(self, *_):
        pass


class Ledger(TestCase):
    def setUp(self):
        self.monitor = self.node()
        self.path = os.path.join(self.root, "ledger.csv")

    def file(self, text):
        with open(self.path, "w", encoding="utf-8", newline="") as out:
            out.write(text)
        return "--ledger.file=" + self.path

    def listed(self, *args):
        return self.monitor.json("ledger", "list", "--json", *args)

    def fails(self, *args, code=1):
        done = self.monitor.command("ledger", *args)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout + done.stderr

    # ---- list ----

    def test_builtin(self):
        found = self.listed()
        self.assertEqual((found["counting_rows"], found["counting_mw"]), (27, 5611))
        self.assertEqual(found["lease_mw"], 260 + 33 + 1000)
        self.assertEqual(found["origin"], "built in")
        self.assertEqual(len(self.listed("--counted")["rows"]), 27)
        kinds = {row["kind"] for row in self.listed("--kind=total")["rows"]}
        self.assertEqual(kinds, {"total"})
        self.assertFalse(any(row["counts"] for row in self.listed("--kind=total")["rows"]))
        self.assertFalse(any(row["counts"] for row in self.listed("--kind=exit")["rows"]))
        self.assertEqual(self.listed("--as-of=2020-01-01")["rows"], [])
        self.assertIn("27 of which count", self.monitor.ok("ledger", "list"))
        self.assertIn("0 faults, 0 doubts", self.monitor.ok("ledger", "check"))

    def test_csv_is_a_ledger_again(self):
        text = self.monitor.ok("ledger", "list", "--csv")
        rows = list(csv.DictReader(io.StringIO(text)))
        self.assertEqual(len(rows), len(self.listed()["rows"]))
        option = self.file(text)
        self.assertEqual(self.listed(option)["rows"][0]["site"], rows[0]["site"])
        self.assertIn("0 added, 0 removed, 0 changed",
                      self.monitor.ok("ledger", "diff", self.path))

    def test_filters(self):
        rows = self.listed("--company=IREN", "--region=US-TX", "--kind=dual")["rows"]
        self.assertEqual([row["id"] for row in rows], ["iren-childress-horizon"])
        self.fails("list", "--kind=AGG", code=2)
        self.fails("list", "--as-of=2026", code=2)
        self.fails("list", "--json", "--csv", code=2)
        self.fails("list", "--sign", code=2)

    # ---- check ----

    def test_check(self):
        option = self.file(HEAD + ROW + "b,2026-07-01,C,T,conversion,plan,5,mined,yes,2025,2,,,"
                           "memory\nc,2026-07-01,C,S,dual,plan,5,mined,yes,2025,1,,,memory\n")
        said = self.fails("check", option)
        self.assertIn("%s:3: probability: 2: expected" % self.path, said)
        self.assertIn("%s:4: site: c: counted twice" % self.path, said)
        self.assertIn("2 faults", said)
        self.assertEqual(said, self.fails("check", self.path))
        refused = self.monitor.command("ledger", "list", option)
        self.assertEqual((refused.returncode, refused.stdout), (1, ""))
        self.assertIn(":3: probability", refused.stderr)
        self.assertIn("--force", refused.stderr)
        found = self.listed(option, "--force")
        self.assertEqual((found["counting_mw"], found["faults"], len(found["rows"])), (100, 2, 2))

    def test_no_ledger(self):
        self.assertIn("no column id", self.fails("list", self.file("a,b\n1,2\n"), "--force"))
        self.assertIn("zero bytes", self.fails("list", self.file("a\0b\n")))
        self.assertIn("cannot read", self.fails("list", "--ledger.file=/nonexistent"))
        big = self.file(HEAD + "#" * (5 << 20))
        self.assertIn("more than", self.fails("list", big))

    # ---- add and diff ----

    def test_add(self):
        option = self.file("# mine\n" + HEAD + ROW)
        os.chmod(self.path, 0o640)
        self.monitor.ok("ledger", "add", option, "id=a", "status=signed", "probability=0.75",
                        "recorded=2026-08-01")
        self.monitor.ok("ledger", "add", option, "id=b", "company=C, D", "site=New", "kind=exit",
                        "status=sold", "mined_before=yes", "confidence=memory",
                        "recorded=2026-08-02")
        self.assertEqual(os.stat(self.path).st_mode & 0o777, 0o640)
        with open(self.path, encoding="utf-8") as text:
            lines = text.read().splitlines()
        self.assertEqual(lines[:3], ["# mine", HEAD.strip(), ROW.strip()])
        self.assertEqual(lines[3], ROW.strip().replace("07-01", "08-01").replace("plan", "signed")
                         .replace("0.5", "0.75"))
        self.assertIn('"C, D"', lines[4])
        now = self.listed(option)
        self.assertEqual([row["probability"] for row in now["rows"]], [0.75, None])
        then = self.listed(option, "--as-of=2026-07-31")
        self.assertEqual([row["probability"] for row in then["rows"]], [0.5])
        self.assertEqual(len(self.listed(option, "--versions")["rows"]), 3)
        said = self.monitor.ok("ledger", "diff", option, "--from=2026-07-31")
        self.assertIn("~ a: probability: 0.5 -> 0.75", said)
        self.assertIn("+ b: C, D, New", said)
        self.assertIn("1 added, 0 removed, 1 changed", said)
        changes = self.monitor.json("ledger", "diff", option, "--from=2026-07-31", "--json")
        self.assertEqual((changes["added"], changes["expected_mw_after"]), (1, 75))

    def test_add_refuses(self):
        option = self.file(HEAD + ROW)
        for fields, reason in (
            (("id=a", "probability=1.5"), "probability"),
            (("id=a", "recorded=2025-01-01", "announced=2025-06-01"), "announced"),
            (("id=b", "company=C"), "kind"),
            (("id=a", "tenant=x"), "no column tenant"),
            (("id=b", "company=C", "site=S", "kind=dual", "status=plan", "mw=1", "mw_basis=mined",
              "mined_before=yes", "announced=2025", "probability=1", "confidence=memory"),
             "counted twice"),
        ):
            self.assertIn(reason, self.fails("add", option, *fields))
            with open(self.path, encoding="utf-8") as text:
                self.assertEqual(text.read(), HEAD + ROW)
        self.fails("add", option, "company=C", code=2)
        self.fails("add", option, "id=a", "nonsense=1", code=2)
        self.fails("add", "id=a", "status=live", code=2)
        self.assertEqual(os.listdir(os.path.dirname(self.path)).count("ledger.csv"), 1)

    def test_add_begins_with_what_is_built_in(self):
        option = "--ledger.file=" + self.path
        self.fails("add", option, "id=new", "kind=nonsense")
        self.assertFalse(os.path.exists(self.path))
        self.monitor.ok("ledger", "add", option, "id=core-pecos", "probability=0.9")
        self.assertEqual(self.listed(option)["counting_rows"], 27)
        changed = self.monitor.json("ledger", "diff", self.path, "--json")["changes"]
        self.assertEqual([change["field"] for change in changed], ["probability"])

    def test_add_together(self):
        option = self.file(HEAD + ROW)
        running = [
            self.monitor.popen("ledger", "add", option, "id=b%d" % i, "company=C", "site=%d" % i,
                               "kind=control", "status=none", "mined_before=no",
                               "confidence=memory")
            for i in range(8)
        ]
        for process in running:
            process.communicate()
            self.assertEqual(process.returncode, 0)
        self.assertEqual(len(self.listed(option)["rows"]), 9)

    # ---- the web ----

    def serve(self, pages):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.pages, server.asked = pages, []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        return server, "--ledger.url=http://127.0.0.1:%d/ledger.csv" % server.server_address[1]

    def test_pinned(self):
        body = (HEAD + ROW).encode()
        server, url = self.serve({"/ledger.csv": "/moved", "/moved": body})
        pin = "--ledger.sha256=" + hashlib.sha256(body).hexdigest()
        self.assertIn("fetched", self.listed(url, pin)["origin"])
        self.assertIn("kept copy", self.listed(url, pin)["origin"])
        self.assertEqual(server.asked, ["/ledger.csv", "/moved"])
        other = "--ledger.sha256=" + hashlib.sha256(b"other").hexdigest()
        self.assertIn("SHA-256", self.fails("list", url, other))
        server.pages["/ledger.csv"] = b"x" * (5 << 20)
        self.assertIn("more than", self.fails("list", url, other))
        del server.pages["/ledger.csv"]
        self.assertIn("answers 404", self.fails("list", url, other))
        server.pages["/ledger.csv"] = "file:///etc/passwd"
        self.fails("list", url, other)
        server.pages["/ledger.csv"] = "/ledger.csv"
        self.fails("list", url, other)

    def test_signed(self):
        self.monitor.ok("keygen")
        key = self.monitor.json("keygen", "--show", "--json")["public_key"]
        self.monitor.ok("ledger", "list", "--csv", "--sign", "-o", self.path)
        with open(self.path, "rb") as file:
            body = file.read()
        with open(self.path + ".sig", "rb") as file:
            signature = file.read()
        server, url = self.serve({"/ledger.csv": body, "/ledger.csv.sig": signature})
        key = "--ledger.key=" + key
        self.assertEqual(self.listed(url, key)["counting_rows"], 27)
        server.pages["/ledger.csv"] = body.replace(b"0.9", b"0.1")
        done = self.monitor.command("ledger", "list", url, key)
        self.assertEqual(done.returncode, 0)
        self.assertIn("kept copy", done.stdout)
        self.assertIn("not of these bytes", done.stderr)
        os.unlink(self.monitor.path("ledger.csv"))
        self.assertIn("no copy of it that fits", self.fails("list", url, key))
        wrong = "--ledger.key=79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
        self.fails("list", url, wrong)

    def test_settings(self):
        url = "--ledger.url=https://example.org/l"
        for bad in (
            (url,),
            ("--ledger.sha256=" + 64 * "0",),
            (url, "--ledger.sha256=xyz"),
            (url, "--ledger.sha256=" + 64 * "0", "--ledger.file=/x"),
            ("--ledger.url=ftp://example.org/l", "--ledger.sha256=" + 64 * "0"),
            (url, "--ledger.key=" + 64 * "f"),
        ):
            done = self.monitor.command("config", "check", *bad)
            self.assertEqual(done.returncode, 2, bad)


if __name__ == "__main__":
    hashtide_test.main()
