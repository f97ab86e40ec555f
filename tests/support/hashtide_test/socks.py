# SPDX-License-Identifier: GPL-3.0-or-later
"""A SOCKS5 proxy (RFC 1928, RFC 1929) that records what it is asked for and
leads every request to addresses that the test names."""

import socket
import struct
import threading

CONNECT = 1
IPV4, NAME, IPV6 = 1, 3, 4
SUCCEEDED, HOST_UNREACHABLE = 0, 4
NO_AUTHENTICATION, USER_PASSWORD, NOT_ACCEPTABLE = 0, 2, 0xFF


class SocksProxy:
    """routes: (host, port) as requested -> (host, port) to connect to."""

    def __init__(self, routes):
        self.routes = routes
        self.requests = []  # (address type, host, port)
        self.credentials = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self._accept, daemon=True)
        self.thread.start()

    @property
    def address(self):
        return "127.0.0.1:%d" % self.port

    def close(self):
        try:
            self.listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.listener.close()
        self.thread.join(10)

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
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, client):
        with client:
            try:
                target = self._negotiate(client)
                if target:
                    with target:
                        self._relay(client, target)
            except (OSError, EOFError):
                pass

    def _negotiate(self, client):
        version, count = self._take(client, 2)
        methods = self._take(client, count)
        if version != 5:
            return None
        if NO_AUTHENTICATION in methods:
            client.sendall(bytes([5, NO_AUTHENTICATION]))
        elif USER_PASSWORD in methods:
            client.sendall(bytes([5, USER_PASSWORD]))
            self._take(client, 1)
            user = self._take(client, self._take(client, 1)[0])
            password = self._take(client, self._take(client, 1)[0])
            self.credentials.append((user, password))
            client.sendall(bytes([1, 0]))
        else:
            client.sendall(bytes([5, NOT_ACCEPTABLE]))
            return None
        version, command, _, kind = self._take(client, 4)
        if kind == IPV4:
            host = socket.inet_ntop(socket.AF_INET, self._take(client, 4))
        elif kind == IPV6:
            host = socket.inet_ntop(socket.AF_INET6, self._take(client, 16))
        else:
            host = self._take(client, self._take(client, 1)[0]).decode("ascii")
        (port,) = struct.unpack(">H", self._take(client, 2))
        self.requests.append((kind, host, port))
        reply = b"\x05%c\x00\x01" + bytes(6)
        route = self.routes.get((host, port))
        if command != CONNECT or route is None:
            client.sendall(reply % HOST_UNREACHABLE)
            return None
        try:
            target = socket.create_connection(route, 10)
        except OSError:
            client.sendall(reply % HOST_UNREACHABLE)
            return None
        client.sendall(reply % SUCCEEDED)
        return target

    @staticmethod
    def _take(sock, n):
        data = b""
        while len(data) < n:
            part = sock.recv(n - len(data))
            if not part:
                raise EOFError
            data += part
        return data

    @staticmethod
    def _relay(client, target):
        def pump(source, sink):
            try:
                while part := source.recv(1 << 16):
                    sink.sendall(part)
            except OSError:
                pass
            for s in (source, sink):
                try:
                    s.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

        target.settimeout(None)
        back = threading.Thread(target=pump, args=(target, client), daemon=True)
        back.start()
        pump(client, target)
        back.join(10)
