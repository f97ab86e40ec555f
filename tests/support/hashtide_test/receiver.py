# SPDX-License-Identifier: GPL-3.0-or-later
"""Receivers of alerts on loopback: a web server that behaves as its path says,
with and without TLS by a certificate authority of the test's own."""

import os
import socket
import ssl
import subprocess
import threading
import time

NAME = "localhost"


class Authority:
    """A certificate authority in a folder, and certificates it has signed."""

    def __init__(self, folder):
        self.folder = folder
        self.certificate = self.path("ca.pem")
        self._openssl("req", "-x509", "-days", "2", *self._new_key("ca"), "-subj", "/CN=test CA",
                      "-out", self.certificate)

    def path(self, name):
        return os.path.join(self.folder, name)

    def _openssl(self, *args):
        done = subprocess.run(["openssl", *args], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise AssertionError("openssl %s\n%s" % (" ".join(args), done.stderr))

    def _new_key(self, name):
        return ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                "-keyout", self.path(name + ".key"))

    def server_context(self, name=NAME):
        """TLS for a server of this name."""
        request, certificate = self.path(name + ".csr"), self.path(name + ".pem")
        names = self.path(name + ".ext")
        with open(names, "w", encoding="ascii") as file:
            file.write("subjectAltName=DNS:%s\n" % name)
        self._openssl("req", *self._new_key(name), "-subj", "/CN=" + name, "-out", request)
        self._openssl("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey",
                      self.path("ca.key"), "-CAcreateserial", "-days", "2", "-extfile", names,
                      "-out", certificate)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, self.path(name + ".key"))
        return context


class Request:
    """One that has come whole."""

    def __init__(self, method, path, headers, body, connection):
        self.method, self.path, self.headers, self.body = method, path, headers, body
        self.connection = connection  # number of the connection it came by


class Receiver:
    """Answers POST /STATUS with that status, and /hang, /drip, /close, /huge, /headers, /begun
    as they say. Records the requests that came whole."""

    def __init__(self, context=None, headers=None):
        self.context = context
        self.headers = headers or {}
        self.requests = []
        self.connections = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.closed = threading.Event()
        threading.Thread(target=self._accept, daemon=True).start()

    def url(self, path="/", host=NAME):
        return "%s://%s:%d%s" % ("https" if self.context else "http", host, self.port, path)

    def close(self):
        self.closed.set()
        try:
            self.listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.listener.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _accept(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(sock, self.connections),
                             daemon=True).start()

    def _serve(self, sock, number):
        try:
            if self.context:
                sock = self.context.wrap_socket(sock, server_side=True)
            with sock, sock.makefile("rb") as stream:
                while self._one(sock, stream, number):
                    pass
        except OSError:
            pass

    def _one(self, sock, stream, number):
        line = stream.readline().decode("latin-1").split()
        if len(line) != 3:
            return False
        headers = {}
        while (header := stream.readline().decode("latin-1").strip()):
            name, value = header.split(":", 1)
            headers[name.lower()] = value.strip()
        body = stream.read(int(headers.get("content-length", "0")))
        self.requests.append(Request(line[0], line[1], headers, body, number))
        return self._answer(sock, line[1].strip("/").split("/")[-1].split("?")[0])

    def _answer(self, sock, word):
        if word == "hang":
            self.closed.wait(60)
            return False
        if word == "close":
            return False
        if word == "drip":
            for byte in b"HTTP/1.1 200 OK\r\n" + b"x: " + b"y" * 1000:
                sock.sendall(bytes([byte]))
                if self.closed.wait(0.05):
                    break
            return False
        if word == "begun":  # the status and its headers, and then nothing more
            sock.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf")
            self.closed.wait(60)
            return False
        if word in ("huge", "headers"):
            head = b"HTTP/1.1 500 Huge\r\n"
            head += b"x: y\r\n" * (1 << 16) if word == "headers" else b"\r\n"
            sock.sendall(head)
            end = time.monotonic() + 60
            while time.monotonic() < end:  # ends when the other side closes
                sock.sendall(b"z" * 65536)
            return False
        status = int(word) if word.isdigit() else 200
        head = "HTTP/1.1 %d Word\r\n" % status
        for name, value in self.headers.items():
            head += "%s: %s\r\n" % (name, value)
        text = b"" if status == 204 else b"that is all\x1b[31m"
        head += "" if status == 204 else "content-length: %d\r\n" % len(text)
        sock.sendall(head.encode() + b"\r\n" + text)
        return True
