# SPDX-License-Identifier: GPL-3.0-or-later
"""Goal: `hashtide alerts test` brings a signed message to every kind of sink, and
tells what the sink has answered. Receivers on loopback take it, refuse it, hang,
drip, break off and talk without end; one has a certificate that is not to be
trusted. What arrives is checked as a receiver would check it."""

import base64
import email
import email.policy
import hashlib
import hmac
import json
import os
import re
import socket
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import hashtide_test
from hashtide_test import TestCase, free_port
from hashtide_test.receiver import Authority, Receiver
from hashtide_test.socks import SocksProxy

try:
    from aiosmtpd.controller import Controller
    from aiosmtpd.smtp import AuthResult
except ImportError:
    Controller = None

SECRETS = [base64.b64encode(bytes([i]) * 32).decode() for i in (1, 2)]
DONE, FAILED, USAGE = 0, 1, 2


class Sinks(TestCase):
    """A node with a configuration of sinks, and answers of the command."""

    def setUp(self):
        super().setUp()
        self.tide = self.node()
        self.conf = os.path.join(self.root, "sinks.conf")

    def secret(self, name, text, mode=0o600):
        path = os.path.join(self.root, name)
        with open(path, "w", encoding="ascii") as file:
            file.write(text)
        os.chmod(path, mode)
        return path

    def command(self, *lines, args=(), time="10s", **kwargs):
        with open(self.conf, "w", encoding="utf-8") as file:
            file.write("[sink s]\ntimeout=%s\n" % time + "".join(line + "\n" for line in lines))
        return self.tide.command("alerts", "test", "s", "--conf=" + self.conf, *args, **kwargs)

    def send(self, *lines, code=DONE, **kwargs):
        """The answer, as JSON."""
        done = self.command(*lines, args=("--json",), **kwargs)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        self.assertEqual(done.stderr, "")
        return json.loads(done.stdout)

    def post(self, receiver, path, *lines, **kwargs):
        return self.send("type=webhook", "url=" + receiver.url(path), *lines, **kwargs)


class Web(Sinks):
    def test_statuses(self):
        """What each status means, and that a redirection is not followed."""
        with Receiver() as other, Receiver(headers={"location": other.url("/200")}) as receiver:
            for status, result in (
                (200, "taken"), (202, "taken"), (204, "taken"), (301, "failed"), (307, "failed"),
                (400, "refused"), (401, "failed"), (403, "failed"), (404, "failed"),
                (422, "refused"), (410, "gone"), (429, "failed"),
                (500, "failed"), (503, "failed"),
            ):
                with self.subTest(status=status):
                    answer = self.post(receiver, "/%d" % status,
                                       code=DONE if result == "taken" else FAILED)
                    self.assertEqual((answer["status"], answer["result"]), (status, result))
                    self.assertIn("HTTP %d" % status, answer["answer"])
                    self.assertEqual("look at the sink's" in answer["answer"],
                                     status in (401, 403, 404))
            self.assertEqual(len(receiver.requests), 14)
            self.assertEqual(other.requests, [])

    def test_retry_after(self):
        with Receiver(headers={"retry-after": "120"}) as receiver:
            answer = self.post(receiver, "/429", code=FAILED)
            self.assertEqual(answer["retry_after_ms"], 120000)
            self.assertEqual(self.post(receiver, "/200")["retry_after_ms"], 0)
        with Receiver(headers={"retry-after": "soon"}) as receiver:
            self.assertEqual(self.post(receiver, "/503", code=FAILED)["retry_after_ms"], 0)

    def test_signatures(self):
        """Both signatures hold for the bytes that came, and the headers are the convention's."""
        key = self.tide.json("keygen", "--json")["public_key"]
        files = [self.secret("s%d" % i, "whsec_%s\n" % text) for i, text in enumerate(SECRETS)]
        token = self.secret("token", "a-token\n")
        with Receiver() as receiver:
            answer = self.post(receiver, "/hook?x=1", *["secret-file=" + file for file in files])
            (request,) = receiver.requests
        headers = request.headers
        self.assertTrue(answer["signed"])
        self.assertEqual((request.method, request.path), ("POST", "/hook?x=1"))
        self.assertEqual(headers["content-type"], "application/json")
        self.assertTrue(headers["user-agent"].startswith("hashtide/"))
        self.assertEqual(headers["webhook-id"], answer["message_id"])
        self.assertLess(abs(time.time() - int(headers["webhook-timestamp"])), 60)
        signed = "%s.%s." % (headers["webhook-id"], headers["webhook-timestamp"])
        expected = [
            "v1," + base64.b64encode(
                hmac.new(base64.b64decode(text), signed.encode() + request.body, hashlib.sha256)
                .digest()).decode()
            for text in SECRETS
        ]
        self.assertEqual(headers["webhook-signature"].split(), expected)
        document = json.loads(request.body)
        self.assertEqual((document["state"], document["sink"]), ("test", "s"))
        self.assertEqual(document["monitor"]["public_key"], key)
        for body, code in ((request.body, DONE), (request.body + b" ", FAILED)):
            done = self.tide.command("verify", "-", "--key=" + key,
                                     "--signature=" + headers["hashtide-signature"],
                                     input=body, text=False)
            self.assertEqual(done.returncode, code, done.stderr)
        self.assertNotIn("authorization", headers)
        with Receiver() as receiver:
            self.post(receiver, "/", "token-file=" + token)
            self.assertEqual(receiver.requests[0].headers["authorization"], "Bearer a-token")
            self.assertNotIn("webhook-signature", receiver.requests[0].headers)

    def test_secrets_that_cannot_be_used(self):
        open_file = self.secret("open", "whsec_%s\n" % SECRETS[0], 0o644)
        broken = self.secret("broken", "my words\n")
        with Receiver() as receiver:
            for line, words in (
                ("secret-file=" + open_file, "chmod 600"),
                ("secret-file=" + broken, broken + ":1: "),
                ("secret-file=" + self.root + "/none", "No such file"),
                ("token-file=" + broken, "one line without blanks"),
            ):
                with self.subTest(line=line):
                    answer = self.post(receiver, "/", line, code=FAILED)
                    self.assertEqual((answer["result"], answer["status"]), ("failed", 0))
                    self.assertIn(words, answer["answer"])
                    self.assertNotIn("my words", json.dumps(answer))
            self.assertEqual(receiver.requests, [])

    def test_bad_manners(self):
        """None of them holds us for longer than the time that was set."""
        with Receiver() as receiver:
            for path, result, words in (
                ("/hang", "failed", "timed out"), ("/drip", "failed", "timed out"),
                ("/close", "failed", "Empty reply"), ("/huge", "failed", "more than 65536 bytes"),
                ("/headers", "failed", ""), ("/begun", "taken", "HTTP 200, "),
            ):
                with self.subTest(path=path):
                    started = time.monotonic()
                    answer = self.post(receiver, path, time="500ms",
                                       code=DONE if result == "taken" else FAILED)
                    self.assertEqual(answer["result"], result)
                    self.assertIn(words, answer["answer"])
                    self.assertLess(len(answer["body"]), 600)
                    self.assertLess(time.monotonic() - started, 20)
            answer = self.send("type=webhook", "url=http://127.0.0.1:%d/" % free_port(),
                               code=FAILED)
            self.assertEqual((answer["result"], answer["status"]), ("failed", 0))

    def test_answer_is_made_fit_for_a_terminal(self):
        with Receiver() as receiver:
            done = self.command("type=webhook", "url=" + receiver.url("/500"))
        self.assertEqual(done.returncode, FAILED)
        self.assertIn("that is all\\x1b[31m", done.stdout)
        self.assertIn("result: failed", done.stdout)

    def test_environment_is_not_asked(self):
        """Neither for a proxy nor for who needs none."""
        with Receiver() as receiver:
            env = dict(os.environ, http_proxy="http://127.0.0.1:1", ALL_PROXY="http://127.0.0.1:1")
            self.post(receiver, "/200", env=env)

    def test_proxy(self):
        with Receiver() as receiver:
            with SocksProxy({("hook.example", 80): ("127.0.0.1", receiver.port)}) as proxy:
                env = dict(os.environ, no_proxy="*", NO_PROXY="*")
                self.send("type=webhook", "url=http://hook.example/200",
                          "proxy=" + proxy.address, env=env)
                self.assertEqual([request[1:] for request in proxy.requests],
                                 [("hook.example", 80)])
                self.assertEqual(len(receiver.requests), 1)
                self.tide.options.append("--proxy=" + proxy.address)
                self.send("type=webhook", "url=http://hook.example/200")
                self.assertEqual(len(proxy.requests), 2)
                self.send("type=webhook", "url=" + receiver.url("/200"), "proxy=0")
                self.assertEqual(len(proxy.requests), 2)


class Tls(Sinks):
    def test_certificates(self):
        authority = Authority(self.root)
        trusted = "ca-file=" + authority.certificate
        with Receiver(authority.server_context()) as receiver:
            self.assertEqual(self.post(receiver, "/200", trusted)["status"], 200)
            answer = self.post(receiver, "/200", code=FAILED)
            self.assertEqual((answer["result"], answer["status"]), ("failed", 0))
            self.assertIn("certificate", answer["answer"])
            answer = self.send("type=webhook", "url=" + receiver.url("/200", "127.0.0.1"), trusted,
                               code=FAILED)
            self.assertIn("127.0.0.1", answer["answer"])
            self.assertEqual(len(receiver.requests), 1)
        with Receiver(authority.server_context("other.example")) as receiver:
            self.post(receiver, "/200", trusted, code=FAILED)
            self.assertEqual(receiver.requests, [])


class Chats(Sinks):
    """Slack and Discord want TLS and have addresses that are secrets."""

    def chat(self, kind):
        authority = Authority(self.root)
        with Receiver(authority.server_context()) as receiver:
            address = self.secret("address", receiver.url("/services/T0/B0/hush") + "\n")
            done = self.command("type=" + kind, "url-file=" + address,
                                "ca-file=" + authority.certificate)
            self.assertEqual(done.returncode, DONE, done.stdout)
            self.assertNotIn("hush", done.stdout + done.stderr)
            self.assertEqual(receiver.requests[0].path, "/services/T0/B0/hush")
            self.assertEqual(receiver.requests[0].headers["content-type"], "application/json")
            return json.loads(receiver.requests[0].body)

    def test_slack(self):
        body = self.chat("slack")
        self.assertEqual(body["text"], "Test")
        (attachment,) = body["attachments"]
        self.assertRegex(attachment["color"], "^#[0-9a-f]{6}$")
        self.assertIn("test", attachment["text"].lower())
        self.assertLess(len(attachment["text"]), 4000)

    def test_discord(self):
        body = self.chat("discord")
        self.assertEqual(body["allowed_mentions"], {"parse": []})
        (embed,) = body["embeds"]
        self.assertEqual(embed["title"], "Test")
        self.assertIsInstance(embed["color"], int)
        self.assertRegex(embed["timestamp"], r"^\d{4}-\d\d-\d\dT")

    def test_ntfy(self):
        with Receiver() as receiver:
            self.send("type=ntfy", "url=" + receiver.url("/my-topic"))
            (request,) = receiver.requests
        self.assertEqual(request.path, "/")
        body = json.loads(request.body)
        self.assertEqual((body["topic"], body["title"]), ("my-topic", "Test"))
        self.assertIn(body["priority"], range(1, 6))


class Local(Sinks):
    def program(self, text):
        path = os.path.join(self.root, "program")
        with open(path, "w", encoding="ascii") as file:
            file.write("#!/bin/sh\n" + text)
        os.chmod(path, 0o700)
        return path

    def run_program(self, text, code=DONE, timeout="10s"):
        return self.send("type=exec", "command=%s one two" % self.program(text), code=code,
                         time=timeout)

    def test_program(self):
        key = self.tide.json("keygen", "--json")["public_key"]
        out = os.path.join(self.root, "out")
        answer = self.run_program('cat >%s\necho "$1 $2 $HASHTIDE_SINK $HASHTIDE_STATE" >&2\n'
                                  'echo "$HASHTIDE_SIGNATURE" >%s.sig\n' % (out, out))
        self.assertEqual((answer["result"], answer["answer"]), ("taken", "exit code 0"))
        self.assertEqual(answer["body"], "one two s test\n")
        with open(out, "rb") as file, open(out + ".sig", encoding="ascii") as signature:
            body = file.read()
            done = self.tide.command("verify", "-", "--key=" + key,
                                     "--signature=" + signature.read().strip(),
                                     input=body, text=False)
        self.assertEqual(done.returncode, DONE, done.stderr)
        self.assertEqual(json.loads(body)["message_id"], answer["message_id"])

    def test_ends(self):
        for text, result, words in (
            ("exit 0\n", "taken", "exit code 0"),  # does not read its input
            ("exit 65\n", "refused", "exit code 65"),
            ("exit 75\n", "failed", "exit code 75"),
            ("kill -TERM $$\n", "failed", "signal 15"),
            ("sleep 60 & exit 0\n", "taken", "exit code 0"),  # leaves its output open
            ("yes\n", "failed", "more than 65536 bytes"),
        ):
            with self.subTest(text=text):
                answer = self.run_program(text, code=DONE if result == "taken" else FAILED)
                self.assertEqual(answer["result"], result)
                self.assertIn(words, answer["answer"])

    def test_whole_input_or_none(self):
        """However early the monitor dies: a program never takes a part for the whole."""
        out = os.path.join(self.root, "out")
        self.run_program("cat >%s\n" % out)  # writes the configuration, too
        whole = os.path.getsize(out)
        self.program("wc -c >>%s\n" % out)
        os.truncate(out, 0)
        for i in range(60):
            process = self.tide.popen("alerts", "test", "s", "--conf=" + self.conf)
            time.sleep(0.002 + 0.0005 * (i % 30))
            process.kill()
            process.wait()
        time.sleep(0.5)
        with open(out, encoding="ascii") as file:
            sizes = {int(line) for line in file}
        self.assertEqual(sizes | {whole}, {whole})

    def test_killed_in_time(self):
        """With all that it has started."""
        pids = os.path.join(self.root, "pids")
        answer = self.run_program("sleep 61 &\necho $! >%s\nwait\n" % pids, FAILED, "500ms")
        self.assertIn("killed", answer["answer"])
        with open(pids, encoding="ascii") as file:
            pid = int(file.read())

        def gone():
            try:
                with open("/proc/%d/stat" % pid, encoding="ascii") as file:
                    return file.read().split()[2] == "Z"
            except FileNotFoundError:
                return True

        hashtide_test.wait_until(gone, what="the program's child is gone")

    def test_no_program(self):
        answer = self.send("type=exec", "command=/nonexistent/program", code=FAILED)
        self.assertIn("cannot be run: No such file", answer["answer"])

    def test_syslog(self):
        path = os.path.join(self.root, "log")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as log:
            log.bind(path)
            answer = self.send("type=syslog", "socket=" + path)
            line = log.recv(4096).decode()
        self.assertRegex(line, r"^<29>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d hashtide\[\d+\]: test: ")
        self.assertIn(answer["message_id"], line)
        answer = self.send("type=syslog", "socket=" + path, code=FAILED)
        self.assertIn("Connection refused", answer["answer"])


class Mail(Sinks):
    class Handler:
        def __init__(self, answer="250 OK"):
            self.answer = answer
            self.envelopes = []

        async def handle_DATA(self, _server, _session, envelope):
            self.envelopes.append(envelope)
            return self.answer

    def server(self, handler, **options):
        if Controller is None:
            self.skipTest("no aiosmtpd here")
        controller = Controller(handler, hostname="127.0.0.1", port=free_port(), **options)
        controller.start()
        self.addCleanup(controller.stop)
        return controller.port

    def mail(self, url, *lines, code=DONE):
        return self.send("type=smtp", "url=" + url, "from=tide@example.org",
                         "to=a@example.org, b@example.org", *lines, code=code)

    def test_taken(self):
        handler = self.Handler()
        answer = self.mail("smtp://127.0.0.1:%d" % self.server(handler))
        self.assertEqual((answer["result"], answer["status"] // 100), ("taken", 2))
        (envelope,) = handler.envelopes
        self.assertEqual(envelope.mail_from, "tide@example.org")
        self.assertEqual(envelope.rcpt_tos, ["a@example.org", "b@example.org"])
        mail = email.message_from_bytes(envelope.original_content, policy=email.policy.default)
        self.assertIn("[hashtide] Test", mail["Subject"])
        self.assertEqual(mail["Message-ID"], "<%s@example.org>" % answer["message_id"])
        self.assertLess(abs(mail["Date"].datetime.timestamp() - time.time()), 120)
        self.assertIn(answer["message_id"], mail.get_content())
        self.assertEqual(mail.defects, [])

    def test_address_in_a_file(self):
        handler = self.Handler()
        lines = ("type=smtp", "from=tide@example.org", "to=a@example.org")
        address = self.secret("server", "smtp://127.0.0.1:%d\n" % self.server(handler))
        self.assertEqual(self.send(*lines, "url-file=" + address)["result"], "taken")
        self.assertEqual(len(handler.envelopes), 1)
        wrong = self.secret("wrong", "https://example.org/\n")
        answer = self.send(*lines, "url-file=" + wrong, code=FAILED)
        self.assertIn("expected smtp://HOST", answer["answer"])
        answer = self.send(*lines, "url-file=" + address + ".gone", code=FAILED)
        self.assertEqual((answer["result"], answer["status"]), ("failed", 0))

    def test_refused(self):
        for text, result in (("451 later", "failed"), ("554 no such thing", "refused")):
            port = self.server(self.Handler(text))
            answer = self.mail("smtp://127.0.0.1:%d" % port, code=FAILED)
            self.assertEqual(answer["result"], result, answer)

    def test_password_by_tls(self):
        authority = Authority(self.root)
        handler = self.Handler()
        seen = []

        def authenticate(_server, _session, _envelope, _mechanism, data):
            seen.append((data.login, data.password))
            return AuthResult(success=data.password == b"hush")

        port = self.server(handler, ssl_context=authority.server_context(), auth_required=True,
                           auth_require_tls=False, authenticator=authenticate)
        trusted = "ca-file=" + authority.certificate
        url = "smtps://localhost:%d" % port
        good, bad = self.secret("good", "hush\n"), self.secret("bad", "wrong\n")
        self.mail(url, trusted, "user=tide", "token-file=" + good)
        self.assertEqual(seen, [(b"tide", b"hush")])
        answer = self.mail(url, trusted, "user=tide", "token-file=" + bad, code=FAILED)
        self.assertEqual(answer["result"], "failed")
        self.mail(url, "user=tide", "token-file=" + good, code=FAILED)
        self.assertEqual(len(handler.envelopes), 1)


class Usage(Sinks):
    def test_names(self):
        self.command("type=syslog", "socket=%s/none" % self.root)
        for args, words in ((("t",), "there is no sink t"), ((), "takes the name of a sink"),
                            (("s", "t"), "takes the name of a sink")):
            done = self.tide.command("alerts", "test", *args, "--conf=" + self.conf)
            self.assertEqual((done.returncode, done.stdout), (USAGE, ""))
            self.assertIn(words, done.stderr)

    def test_key_that_others_can_read(self):
        self.tide.ok("keygen")
        os.chmod(self.tide.path("signing.key"), 0o644)
        with Receiver() as receiver:
            done = self.command("type=webhook", "url=" + receiver.url("/200"))
            self.assertEqual(done.returncode, FAILED)
            self.assertIn("chmod 600", done.stderr)
            self.assertEqual(receiver.requests, [])

    def test_check_shows_no_secret(self):
        self.command("type=webhook", "url=https://example.org/hush")
        shown = self.tide.ok("config", "check", "--conf=" + self.conf)
        self.assertIn("https://example.org", shown)
        self.assertIsNone(re.search("hush", shown))


if __name__ == "__main__":
    hashtide_test.main()
