# SPDX-License-Identifier: GPL-3.0-or-later
"""Goal: who follows doc/WEBHOOKS.md can tell what hashtide signed from what it did
not. The code is cut out of that page and run as it stands, in Python and Node, over
messages that we sign and over what is made of them; BIP340's own vectors; and what
npm's implementation signs is verified by ours."""

import base64
import json
import os
import re
import subprocess
import sys
import time
import types
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import hashtide_test
from hashtide_test import BINARY, TestCase, seeded

TOP = os.environ.get("HASHTIDE_SRCDIR", ".")
SIGNCAT = os.path.join(os.environ.get("HASHTIDE_BUILDDIR", "."), "tests", "support", "signcat")
MODULES = os.environ.get("HASHTIDE_WEBHOOKS", "")
NODE = os.environ.get("NODE", "node")
SECRETS = [
    "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
    "whsec_" + base64.b64encode(bytes(range(64))).decode(),
]
HEX = "0123456789abcdef"
BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
RANDOM_BODIES = 60
# Runs a function of the page over cases: a line of JSON for each, and one with each answer.
DRIVER = """
import { createInterface } from 'node:readline';
import { schnorr } from '@noble/curves/secp256k1';
import { verifyWebhook } from './verify_webhook.mjs';
import { verifyAlert } from './verify_alert.mjs';

const buffer = hex => Buffer.from(hex, 'hex');
const does = {
  webhook: c => verifyWebhook(c.secrets, c.headers, buffer(c.body)),
  alert: c => verifyAlert(c.key, c.header, buffer(c.body)),
  bip340: c => schnorr.verify(c.signature, buffer(c.message), c.key),
  sign: c => Buffer.from(schnorr.sign(buffer(c.message), c.secret)).toString('hex'),
  key: c => Buffer.from(schnorr.getPublicKey(c.secret)).toString('hex'),
};
for await (const line of createInterface({ input: process.stdin })) {
  const c = JSON.parse(line);
  let answer;
  try { answer = does[c.do](c); } catch (error) { answer = String(error); }
  console.log(JSON.stringify(answer));
}
"""


def page():
    with open(os.path.join(TOP, "doc", "WEBHOOKS.md"), encoding="utf-8") as file:
        return file.read()


def snippets():
    """The page's code by the names that stand behind ```LANGUAGE."""
    return dict(re.findall(r"^```\w+ (\S+)\n(.*?)^```$", page(), re.M | re.S))


def load(name):
    module = types.ModuleType(name)
    exec(compile(snippets()[name], name, "exec"), module.__dict__)
    return module


def example():
    """The values at the page's end."""
    text = page().split("## To try your own code")[1]
    return {name: value for name, value in re.findall(r"^    (\S.*?)  +(\S.*)$", text, re.M)}


def signcat(*requests):
    done = subprocess.run(
        [SIGNCAT],
        input="".join(" ".join(r) + "\n" for r in requests),
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()


def sign_webhook(secrets, message_id, timestamp, body):
    (header,) = signcat(
        ("webhook", ",".join(secrets), message_id, str(timestamp), body.hex() or "-")
    )
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": header,
    }


def sign_alert(secret, body):
    """(public key, header)"""
    (answer,) = signcat(("alert", secret, body.hex() or "-"))
    return tuple(answer.split())


def bip340_vectors():
    with open(os.path.join(TOP, "tests", "alerts", "bip340.txt"), encoding="utf-8") as file:
        for line in file:
            if not line.startswith("#"):
                yield ["" if word == "-" else word for word in line.split()]


def random_body(random):
    """JSON, as alerts are, with text that encoders treat differently."""
    text = "".join(random.choice("aé€🌊\"\\/ \x7f\u2028.<") for _ in range(random.randrange(200)))
    return json.dumps(
        {"text": text, "number": random.random(), "list": [1, None, True]},
        ensure_ascii=random.random() < 0.5,
    ).encode()


def changed(random, text, letters):
    """TEXT with one of its letters another one."""
    places = [i for i, letter in enumerate(text) if letter in letters]
    at = random.choice(places)
    other = random.choice([letter for letter in letters if letter != text[at]])
    return text[:at] + other + text[at + 1 :]


def webhook_cases(random):
    """(what, whether it is good, secrets, headers, body)"""
    now = int(time.time())
    body = random_body(random)
    headers = sign_webhook(SECRETS[:1], "0b4ac3e1", now, body)
    both = sign_webhook(SECRETS[:2], "0b4ac3e1", now, body)
    mac = headers["webhook-signature"][len("v1,") :]

    def but(name, value):
        return dict(headers, **{name: value})

    def with_signature(text):
        return but("webhook-signature", text)

    def sent(secrets, timestamp):
        return sign_webhook(secrets, "0b4ac3e1", timestamp, body)

    yield "good", True, SECRETS[:1], headers, body
    yield "old and new secret", True, SECRETS[:1], both, body
    yield "new and old secret", True, SECRETS[1:2], both, body
    yield "receiver has both", True, SECRETS[:2], headers, body
    yield "secret of 64 bytes", True, SECRETS[2:], sent(SECRETS[2:], now), body
    yield "other version too", True, SECRETS[:1], with_signature("v1a,AAAA v1," + mac), body
    yield "wrong secret", False, SECRETS[1:2], headers, body
    yield "changed body", False, SECRETS[:1], headers, body[:-1] + b" }"
    yield "changed id", False, SECRETS[:1], but("webhook-id", "0b4ac3e2"), body
    yield "changed time", False, SECRETS[:1], but("webhook-timestamp", str(now - 1)), body
    yield "no signature", False, SECRETS[:1], with_signature("v1,"), body
    yield "other version", False, SECRETS[:1], with_signature("v2," + mac), body
    wrong = changed(random, mac[:42], BASE64) + mac[42:]
    yield "wrong signature", False, SECRETS[:1], with_signature("v1," + wrong), body
    yield "old", False, SECRETS[:1], sent(SECRETS[:1], now - 400), body
    yield "from the future", False, SECRETS[:1], sent(SECRETS[:1], now + 400), body


def alert_cases(random):
    """(what, whether it is good, key, header, body)"""
    body = random_body(random)
    secret = "%064x" % random.randrange(1, 1 << 255)
    key, header = sign_alert(secret, body)
    other, _ = sign_alert("%064x" % random.randrange(1, 1 << 255), body)
    yield "good", True, key, header, body
    yield "empty body", True, key, sign_alert(secret, b"")[1], b""
    yield "wrong key", False, other, header, body
    yield "changed body", False, key, header, body + b" "
    yield "changed signature", False, key, "bip340=" + changed(random, header[7:], HEX), body
    yield "truncated", False, key, header[:-1], body
    yield "truncated by a byte", False, key, header[:-2], body
    yield "other scheme", False, key, "ed25519" + header[6:], body
    yield "no scheme", False, key, header[7:], body
    yield "empty", False, key, "", body
    yield "key of no point", False, "00" * 32, header, body


class TestPython(TestCase):
    def test_webhooks(self):
        verify = load("verify_webhook.py").verify_webhook
        random = seeded()
        for what, good, secrets, headers, body in webhook_cases(random):
            with self.subTest(what):
                self.assertEqual(verify(secrets, headers, body), good)

    def test_alerts(self):
        verify = load("verify_alert.py").verify_alert
        random = seeded()
        for what, good, key, header, body in alert_cases(random):
            with self.subTest(what):
                self.assertEqual(verify(key, header, body), good)

    def test_vectors(self):
        verify = load("verify_alert.py").verify_bip340
        count = 0
        for index, _, key, _, message, signature, verdict in bip340_vectors():
            with self.subTest(vector=index):
                answer = verify(*(bytes.fromhex(x) for x in (key, message, signature)))
                self.assertEqual(answer, verdict == "good")
            count += 1
        self.assertEqual(count, 19)

    def test_random_bodies(self):
        alerts, webhooks = load("verify_alert.py"), load("verify_webhook.py")
        random = seeded()
        for _ in range(RANDOM_BODIES // 3):
            body = random.randbytes(random.randrange(400))
            key, header = sign_alert("%064x" % random.randrange(1, 1 << 255), body)
            self.assertTrue(alerts.verify_alert(key, header, body))
            self.assertFalse(alerts.verify_alert(key, header, body + b"\0"))
            headers = sign_webhook(SECRETS[:2], "a", int(time.time()), body)
            self.assertTrue(webhooks.verify_webhook(SECRETS[1:2], headers, body))
            self.assertFalse(webhooks.verify_webhook(SECRETS[1:2], headers, body + b"\0"))

    def test_example(self):
        values = example()
        body = values["body"].encode()
        self.assertEqual(len(body), 17)
        self.assertEqual(
            sign_alert(values["secret key"], body),
            (values["public key"], values["hashtide-signature"]),
        )
        self.assertTrue(
            load("verify_alert.py").verify_alert(
                values["public key"], values["hashtide-signature"], body
            )
        )
        headers = sign_webhook(
            [values["secret"]], values["webhook-id"], values["webhook-timestamp"], body
        )
        self.assertEqual(headers["webhook-signature"], values["webhook-signature"])


class TestNode(TestCase):
    """The page's code for Node, with the packages that it names."""

    def setUp(self):
        if not os.path.isdir(MODULES) or NODE == "no":
            raise unittest.SkipTest("no npm packages at %r: set HASHTIDE_WEBHOOKS" % MODULES)
        os.symlink(MODULES, os.path.join(self.root, "node_modules"))
        for name, text in snippets().items():
            self.write(name, text)
        self.driver = self.write("driver.mjs", DRIVER)

    def ask(self, cases):
        done = subprocess.run(
            [NODE, self.driver],
            input="".join(json.dumps(case) + "\n" for case in cases),
            capture_output=True,
            text=True,
            check=False,
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def test_webhooks(self):
        cases = list(webhook_cases(seeded()))
        answers = self.ask(
            {"do": "webhook", "secrets": secrets, "headers": headers, "body": body.hex()}
            for _, _, secrets, headers, body in cases
        )
        for (what, good, *_), answer in zip(cases, answers, strict=True):
            with self.subTest(what):
                self.assertIs(answer, good)

    def test_alerts(self):
        cases = list(alert_cases(seeded()))
        answers = self.ask(
            {"do": "alert", "key": key, "header": header, "body": body.hex()}
            for _, _, key, header, body in cases
        )
        for (what, good, *_), answer in zip(cases, answers, strict=True):
            with self.subTest(what):
                self.assertIs(answer, good)

    def test_vectors(self):
        vectors = list(bip340_vectors())
        answers = self.ask(
            {"do": "bip340", "key": key, "message": message, "signature": signature}
            for _, _, key, _, message, signature, _ in vectors
        )
        for (index, *_, verdict), answer in zip(vectors, answers, strict=True):
            with self.subTest(vector=index):
                self.assertIs(answer, verdict == "good")

    def test_random_bodies(self):
        random = seeded()
        cases = []
        for _ in range(RANDOM_BODIES):
            body = random.randbytes(random.randrange(1000))
            key, header = sign_alert("%064x" % random.randrange(1, 1 << 255), body)
            cases.append({"do": "alert", "key": key, "header": header, "body": body.hex()})
        self.assertEqual(self.ask(cases), [True] * RANDOM_BODIES)

    def test_ours_verifies_theirs(self):
        random = seeded()
        tagged_hash = load("verify_alert.py").tagged_hash
        bodies = [random.randbytes(random.randrange(1, 1000)) for _ in range(20)]
        requests = []
        for body in bodies:
            secret = "%064x" % random.randrange(1, 1 << 255)
            message = tagged_hash("hashtide/alert", body).hex()
            requests.append({"do": "key", "secret": secret})
            requests.append({"do": "sign", "secret": secret, "message": message})
        answers = self.ask(requests)
        for key, signature, body in zip(answers[::2], answers[1::2], bodies, strict=True):
            for given, expected in ((body, 0), (body + b"x", 1)):
                done = subprocess.run(
                    [BINARY, "verify", "--key", key, "--signature", signature, "-"],
                    input=given,
                    capture_output=True,
                    check=False,
                )
                self.assertEqual(done.returncode, expected, done)


if __name__ == "__main__":
    hashtide_test.main()
