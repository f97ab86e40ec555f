# SPDX-License-Identifier: GPL-3.0-or-later
"""Goal: keys, signed exports and `hashtide verify` at the command line. What was
signed is good; what was changed, cut, sent late or signed by another is not, says
why, and ends with 1; a call that can't be meant ends with 2."""

import json
import os
import re
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import hashtide_test
from hashtide_test import BINARY, TestCase, seeded

# The example of doc/WEBHOOKS.md, which test_webhooks_doc.py compares with what we sign.
KEY = "f9308a019258c31049344f85f89d5229b531c845836f99b08601f113bce036f9"
BODY = b'{"example": true}'
SIGNATURE = (
    "f52c38b06e112b636492a86f975d8118de9f8b6565de982e738ff4fb35dd146a"
    "d43a8886be64009569492a099980d848b85245d2f7ff66a639055c9283cedcbd"
)
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
WEBHOOK = {
    "id": "0b4ac3e1",
    "timestamp": "1700000000",
    "signature": "v1,9jBC0LFLs8E+jy4MD2Szzn/KH0rOJIzWYO+TERM1mKM=",
}
OTHER_KEY = "dff1d77f2a671c5f36183726db2341be58feae1da2deced843240f7b502ba659"
AGES = "--tolerance=3000000000"


def verify(*args, body=BODY):
    """A call with BODY on standard input; it needs no store."""
    return subprocess.run(
        [BINARY, "verify", *args], input=body, capture_output=True, timeout=60, check=False
    )


class Keys(TestCase):
    def test_made_once(self):
        node = self.node()
        done = node.command("keygen")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        key = re.match(r"public key: ([0-9a-f]{64})\n", done.stdout).group(1)
        self.assertEqual(os.stat(node.path("signing.key")).st_mode & 0o7777, 0o600)
        with open(node.path("signing.key"), encoding="ascii") as file:
            secret = file.read().split()[-1]
        self.assertEqual(node.json("keygen", "--show", "--json")["public_key"], key)
        again = node.command("keygen")
        self.assertEqual(again.returncode, 1)
        self.assertIn("--force", again.stderr)
        self.assertEqual(node.json("keygen", "--show", "--json")["public_key"], key)
        forced = node.json("keygen", "--force", "--json")
        self.assertNotEqual(forced["public_key"], key)
        shown = node.json("keygen", "--show", "--json")
        self.assertEqual(shown["public_key"], forced["public_key"])
        with open(forced["old_file"], encoding="ascii") as file:
            self.assertIn(secret, file.read())
        for text in (done.stdout, again.stderr, json.dumps(forced)):
            self.assertNotIn(secret, text)

    def test_each_network_has_its_own(self):
        node = self.node()
        keys = set()
        for node.network in ("tidenet", "regtest", "main"):
            keys.add(node.json("keygen", "--json")["public_key"])
        self.assertEqual(len(keys), 3)

    def test_readable_by_others(self):
        node = self.node()
        node.ok("keygen")
        os.chmod(node.path("signing.key"), 0o640)
        for args in (("keygen", "--show"), ("export", "blocks", "--sign", "-o", "x")):
            done = node.command(*args, cwd=self.root)
            self.assertEqual((done.returncode, done.stdout), (1, ""))
            self.assertEqual(done.stderr.count("\n"), 1)
            self.assertIn("chmod 600", done.stderr)
            self.assertIn("0640", done.stderr)
        self.assertFalse(os.path.exists(os.path.join(self.root, "x")))

    def test_monitor(self):
        node = self.node()
        options = ("--connect=0",)
        node.start(*options)
        node.wait_log("no signing key")
        self.assertEqual(node.stop(), 0)
        key = node.json("keygen", "--json")["public_key"]
        node.start(*options)
        node.wait_log("public key " + key)
        self.assertEqual(node.stop(), 0)
        os.chmod(node.path("signing.key"), 0o604)
        done = node.command("run", *options)
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertEqual(done.stderr.count("\n"), 1)
        self.assertIn("chmod 600", done.stderr)

    def test_missing(self):
        done = self.node().command("keygen", "--show")
        self.assertEqual(done.returncode, 1)
        self.assertIn("there is no", done.stderr)

    def test_wrong_calls(self):
        node = self.node()
        for args in (("keygen", "name"), ("keygen", "--show", "--force")):
            self.assertEqual(node.command(*args).returncode, 2)
        self.assertFalse(os.path.exists(node.datadir))

    def test_sudden_death(self):
        """However keygen ends, there is a whole key, and no old one is lost."""
        random = seeded()
        node = self.node()
        keys = {node.json("keygen", "--json")["public_key"]}
        for _ in range(20):
            process = node.popen("keygen", "--force")
            time.sleep(random.random() * 0.03)
            process.kill()
            process.wait()
            keys.add(node.json("keygen", "--show", "--json")["public_key"])
        found = set()
        for name in os.listdir(node.network_dir):
            if ".new-" not in name:
                with open(node.path(name), encoding="ascii") as file:
                    found.add(file.read().split()[5])
        self.assertEqual(keys - found, set())

    def test_full_disk(self):
        node = self.node()
        node.ok("keygen")
        with open(node.path("signing.key"), encoding="ascii") as file:
            before = file.read()
        done = subprocess.run(
            ["sh", "-c", 'ulimit -f 0; exec "$@" 2>&1 | cat', "sh"]
            + node.arguments("keygen", "--force"),
            capture_output=True,
            text=True,
            check=False,
        )
        self.assertIn("cannot make", done.stdout)
        with open(node.path("signing.key"), encoding="ascii") as file:
            self.assertEqual(file.read(), before)
        self.assertEqual(os.listdir(node.network_dir), ["signing.key"])


class Exports(TestCase):
    def setUp(self):
        self.store = self.node()
        made = os.path.join(self.root, "made")
        self.store.ok("simulate", "--blocks=3000", "--output", made)
        self.store.ok("import", made)
        self.key = self.store.json("keygen", "--json")["public_key"]

    def path(self, name):
        return os.path.join(self.root, name)

    def result(self, *args, key=None):
        done = self.store.command("verify", "--json", "--key", key or self.key, *args)
        report = json.loads(done.stdout)
        self.assertEqual(done.returncode, 0 if report["good"] else 1)
        self.assertEqual(report["signature"]["result"] == "good", report["good"])
        return report["signature"]["result"]

    def test_signed(self):
        for name, args in (
            ("a.csv", ()),
            ("a.csv.gz", ()),
            ("a.jsonl", ("--format=jsonl",)),
            ("a.raw", ("--format=raw",)),
            ("nothing.csv", ("--from=999999",)),
        ):
            with self.subTest(name):
                path = self.path(name)
                dataset = "headers" if name == "a.raw" else "blocks"
                self.store.ok("export", dataset, *args, "--sign", "-o", path)
                self.assertEqual(self.result(path), "good")
                plain = self.path("plain-" + name)
                self.store.ok("export", dataset, *args, "-o", plain)
                with open(path, "rb") as one, open(plain, "rb") as other:
                    self.assertEqual(one.read(), other.read())
                self.assertFalse(os.path.exists(plain + ".sig"))
                self.assertEqual(self.result("--signature-file", path + ".sig", plain), "good")

    def test_file(self):
        path = self.path("epochs.csv")
        self.store.ok("export", "epochs", "--sign", "-o", path)
        with open(path, "rb") as file:
            before = file.read()
        refused = self.store.command("export", "blocks", "-o", path)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("signature of an older", refused.stderr)
        with open(path, "rb") as file:
            self.assertEqual(file.read(), before)
        with open(path + ".sig", encoding="utf-8") as file:
            signature = json.load(file)
        self.assertEqual(
            list(signature), ["algorithm", "tag", "public_key", "signature"], signature
        )
        self.assertEqual(signature["tag"], "hashtide/export")
        self.assertEqual(signature["public_key"], self.key)
        # Of a file, and so of no alert.
        result = self.result("--signature", signature["signature"], path)
        self.assertEqual(result, "wrong-signature")

    def test_refused(self):
        path = self.path("epochs.csv")
        self.store.ok("export", "epochs", "--sign", "-o", path)
        with open(path, "rb") as file:
            data = file.read()
        with open(path + ".sig", encoding="utf-8") as file:
            text = file.read()
        for changed in (data + b" ", data[:-1], data[:100] + b"\0" + data[101:], b""):
            self.write("epochs.csv", changed)
            self.assertEqual(self.result(path), "wrong-signature")
        self.write("epochs.csv", data)
        self.assertEqual(self.result(path), "good")
        self.assertEqual(self.result(path, key=OTHER_KEY), "other-key")
        claimed = text.replace(self.key, OTHER_KEY)
        for content, result in (
            (claimed, "other-key"),
            (text.replace("export", "alert"), "wrong-signature"),
            (text.replace("hashtide/", ""), "file-tag"),
            (text.replace("bip340", "bip341"), "file-algorithm"),
            (text.replace("{", '{"signed_by": "x",'), "file-member"),
            (text[:-3], "file-json"),
            ("", "file-json"),
            (text.upper(), "file-member"),
            ("x" * 100000, "file-json"),
        ):
            self.write("epochs.csv.sig", content)
            with self.subTest(result):
                self.assertEqual(self.result(path), result)
        # A file that claims another's key, and is verified with that.
        self.write("epochs.csv.sig", claimed)
        self.assertEqual(self.result(path, key=OTHER_KEY), "wrong-signature")
        os.unlink(path + ".sig")
        done = self.store.command("verify", "--key", self.key, path)
        self.assertEqual(done.returncode, 1)
        self.assertIn("epochs.csv.sig", done.stderr)

    def test_where_no_signature_can_be(self):
        for args, code in (
            (("--sign",), 2),
            (("--sign", "-o", "-"), 2),
            (("--sign", "--describe", "-o", self.path("x")), 2),
            (("--sign", "-o", "/dev/null"), 1),
            (("--sign", "-o", self.path("missing/x")), 1),
        ):
            done = self.store.command("export", "epochs", *args)
            self.assertEqual((done.returncode, done.stdout), (code, ""), done.stderr)
            self.assertEqual(done.stderr.count("\n"), 1)
        self.assertFalse(os.path.exists("/dev/null.sig"))

    def test_without_key(self):
        os.unlink(self.store.path("signing.key"))
        done = self.store.command("export", "epochs", "--sign", "-o", self.path("x.csv"))
        self.assertEqual(done.returncode, 1)
        self.assertIn("hashtide keygen", done.stderr)
        self.assertFalse(os.path.exists(self.path("x.csv")))

    def test_no_place_for_the_signature(self):
        os.mkdir(self.path("x.csv.sig"))
        done = self.store.command("export", "epochs", "--sign", "-o", self.path("x.csv"))
        self.assertEqual(done.returncode, 1)
        self.assertIn("x.csv.sig", done.stderr)
        self.assertFalse(os.path.exists(self.path("x.csv")))


class Alerts(TestCase):
    def result(self, *args, body=BODY, key=KEY):
        done = verify("--json", "--key", key, *args, "-", body=body)
        self.assertEqual(done.stderr, b"")
        report = json.loads(done.stdout)
        self.assertEqual(done.returncode, 0 if report["good"] else 1)
        return report["signature"]["result"]

    def test_good(self):
        for signature in (SIGNATURE, "bip340=" + SIGNATURE):
            self.assertEqual(self.result("--signature", signature), "good")
        path = self.write("body.json", BODY)
        done = verify("--key", KEY, "--signature", SIGNATURE, path, body=b"")
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        for text in (KEY, SIGNATURE, "hashtide/alert", "17 bytes", path, "GOOD"):
            self.assertIn(text, done.stdout.decode())
        self.assertNotIn("NOT GOOD", done.stdout.decode())

    def test_refused(self):
        for signature, result in (
            (SIGNATURE[:-1], "signature-length"),
            (SIGNATURE[:-2], "signature-length"),
            (SIGNATURE + "00", "signature-length"),
            ("", "signature-length"),
            (SIGNATURE.upper(), "signature-uppercase"),
            ("g" + SIGNATURE[1:], "signature-digit"),
            ("bip340:" + SIGNATURE, "signature-digit"),
            ("ed25519=" + SIGNATURE, "signature-scheme"),
            ("f" * 64 + SIGNATURE[64:], "signature-no-point"),
            (SIGNATURE[:64] + "f" * 64, "signature-range"),
            (SIGNATURE[:-1] + "0", "wrong-signature"),
            (SIGNATURE[64:] + SIGNATURE[:64], None),
        ):
            with self.subTest(result):
                got = self.result("--signature", signature)
                self.assertNotEqual(got, "good")
                self.assertIn(result, (got, None))
        for body in (b"", BODY + b"\n", BODY.replace(b"true", b"True"), b"\xef\xbb\xbf" + BODY):
            self.assertEqual(self.result("--signature", SIGNATURE, body=body), "wrong-signature")
        self.assertEqual(self.result("--signature", SIGNATURE, key=OTHER_KEY), "wrong-signature")
        done = verify("--key", KEY, "--signature", SIGNATURE, "-", body=b"x")
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"NOT GOOD", done.stdout)

    def test_wrong_calls(self):
        path = self.write("body.json", BODY)
        good = ("--signature", SIGNATURE)
        for args in (
            (),
            (path,),
            good + (path,),  # whose?
            ("--key", KEY, *good),
            ("--key", KEY, *good, path, path),
            ("--key", KEY, *good, "--signature-file", path, path),
            ("--key", KEY, "-"),  # no FILE.sig beside it
            ("--key", KEY[:-1], *good, path),
            ("--key", KEY.upper(), *good, path),
            ("--key", "02" + KEY, *good, path),
            ("--key", "0" * 64, *good, path),
            ("--key", KEY, *good, "--tolerance=5", path),
            ("--key", KEY, *good, "--webhook-id=a", path),
        ):
            with self.subTest(args):
                done = verify(*args)
                self.assertEqual((done.returncode, done.stdout), (2, b""), done.stderr)
                self.assertEqual(done.stderr.count(b"\n"), 1)
        done = verify("--key", KEY, *good, path + "x")
        self.assertEqual((done.returncode, done.stdout), (1, b""))
        self.assertIn(b"No such file", done.stderr)
        done = verify("--key", KEY, *good, self.root)
        self.assertEqual((done.returncode, done.stdout), (1, b""))


class Webhooks(TestCase):
    def setUp(self):
        self.secret = self.write_secret("secret", SECRET)

    def write_secret(self, name, text, mode=0o600):
        path = self.write(name, text)
        os.chmod(path, mode)
        return path

    def arguments(self, secret=None, **changed):
        headers = dict(WEBHOOK, **changed)
        return [
            *("--webhook-%s=%s" % item for item in headers.items()),
            "--secret-file=" + (secret or self.secret),
        ]

    def result(self, *args, body=BODY, **changed):
        done = verify("--json", *self.arguments(**changed), *args, "-", body=body)
        self.assertEqual(done.stderr, b"")
        report = json.loads(done.stdout)
        self.assertEqual(done.returncode, 0 if report["good"] else 1)
        self.assertIsNone(report["signature"])
        return report["webhook"]["result"]

    def test_good(self):
        self.assertEqual(self.result(AGES), "good")
        rotation = "# new\nwhsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n\n%s\n" % SECRET
        both = self.write_secret("both", rotation)
        self.assertEqual(self.result(AGES, secret=both), "good")
        done = verify(*self.arguments(secret=both), AGES, "-")
        self.assertIn(b"number 2 of 2", done.stdout)
        self.assertNotIn(SECRET[6:].encode(), done.stdout)

    def test_refused(self):
        self.assertEqual(self.result(), "too-old")
        self.assertEqual(self.result("--tolerance=0"), "too-old")
        self.assertEqual(self.result(AGES, body=BODY + b"\n"), "wrong-signature")
        self.assertEqual(self.result(AGES, id="0b4ac3e2"), "wrong-signature")
        self.assertEqual(self.result(AGES, timestamp="1700000001"), "wrong-signature")
        self.assertEqual(self.result(AGES, timestamp="soon"), "timestamp-form")
        self.assertEqual(self.result(AGES, id="a.b"), "id-form")
        self.assertEqual(self.result(AGES, signature="v2,AAAA"), "signature-missing")
        self.assertEqual(self.result(AGES, signature="v1,AAAA"), "signature-form")
        other = self.write_secret("other", "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")
        self.assertEqual(self.result(AGES, secret=other), "wrong-signature")

    def test_age(self):
        done = verify("--json", *self.arguments(), "-")
        webhook = json.loads(done.stdout)["webhook"]
        self.assertAlmostEqual(webhook["age_s"], time.time() - 1700000000, delta=60)
        self.assertEqual((webhook["tolerance_s"], webhook["secret"]), (300, 1))

    def test_both(self):
        args = (*self.arguments(), AGES, "--key", KEY, "--signature", SIGNATURE, "--json")
        report = json.loads(verify(*args, "-").stdout)
        self.assertTrue(report["good"])
        report = json.loads(verify(*args, "-", body=b"x").stdout)
        self.assertFalse(report["good"])
        for part in ("signature", "webhook"):
            self.assertEqual(report[part]["result"], "wrong-signature")
        # One of them good is not enough.
        done = verify(*self.arguments(), AGES, "--key", OTHER_KEY, "--signature", SIGNATURE, "-")
        self.assertEqual(done.returncode, 1)
        done = verify(*self.arguments(), "--key", KEY, "--signature", SIGNATURE, "--json", "-")
        report = json.loads(done.stdout)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(report["signature"]["result"], "good")
        self.assertEqual(report["webhook"]["result"], "too-old")

    def test_secret_files(self):
        for text, mode, words in (
            (SECRET, 0o644, b"chmod 600"),
            ("", 0o600, b"there is no secret"),
            ("# nothing\n", 0o600, b"there is no secret"),
            ("\n" + SECRET[6:], 0o600, b"bad:2: "),
            ("whsec_AAAA", 0o600, b"24 to 64 bytes"),
            (SECRET + "\n" + SECRET, 0o600, b"twice"),
        ):
            with self.subTest(words):
                path = self.write_secret("bad", text, mode)
                done = verify(*self.arguments(secret=path), "-")
                self.assertEqual((done.returncode, done.stdout), (2, b""))
                self.assertIn(words, done.stderr)
                self.assertNotIn(SECRET[6:].encode(), done.stderr)

    def test_wrong_calls(self):
        full = self.arguments()
        for missing in range(4):
            done = verify(*full[:missing], *full[missing + 1 :], "-")
            self.assertEqual((done.returncode, done.stdout), (2, b""))
            self.assertIn(full[missing].split("=")[0].encode(), done.stderr)
        for tolerance in ("-1", "soon", "", "99999999999"):
            self.assertEqual(verify(*full, "--tolerance=" + tolerance, "-").returncode, 2)

    def test_hostile_texts(self):
        done = verify(*self.arguments(id="\x1b[31m", timestamp="\n\x9b"), "-")
        self.assertEqual(done.returncode, 1)
        self.assertNotIn(b"\x1b", done.stdout)


if __name__ == "__main__":
    hashtide_test.main()
