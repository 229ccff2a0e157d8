"""A TCP proxy that misbehaves on command: cut, reset, swallow, slow down or drop one direction.

Stands between a client and a real server on 127.0.0.1. Threads only while connections are open; `stop()` ends all.
"""

import contextlib
import socket
import struct
import threading
import time
from typing import Self

PIECE = 16_384


class FaultProxy:
    """`port` is where clients connect. Faults hold for connections open now and, where named so, for new ones."""

    def __init__(self, target_port: int) -> None:
        self._target = target_port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._pairs: list[_Pair] = []
        self.accepted = 0
        self._stopped = False
        # Faults that new connections are born with.
        self.refuse = False  # reset at once
        self.silent = False  # accept, then never answer nor pass anything on
        self.reset_after: int | None = None  # bytes from the client, counted over one connection
        self.hang_after: int | None = None
        self.bytes_per_s: int | None = None  # each way
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def drop_replies(self) -> None:
        """From now on nothing comes back on the connections that are open; what the client sends still arrives."""
        for pair in self._pairs:
            pair.deaf = True

    def cut(self) -> None:
        """Reset every open connection."""
        for pair in list(self._pairs):
            pair.reset()

    def stop(self) -> None:
        self._stopped = True
        # close() alone does not wake a thread that is blocked in accept().
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()
        self._thread.join(5)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _accept(self) -> None:
        while not self._stopped:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self.accepted += 1
            if self.refuse:
                _reset(client)
                continue
            try:
                pair = _Pair(self, client, None if self.silent else self._target)
            except OSError:
                _reset(client)
                continue
            self._pairs = [p for p in self._pairs if not p.dead] + [pair]


class _Pair:
    def __init__(self, proxy: FaultProxy, client: socket.socket, target: int | None) -> None:
        self._proxy, self._client = proxy, client
        self.deaf = self.dead = False
        self._from_client = 0
        self._server = None if target is None else socket.create_connection(("127.0.0.1", target))
        for side in (self._client, self._server):
            if side is not None:
                side.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._server is not None:
            threading.Thread(target=self._up, daemon=True).start()
            threading.Thread(target=self._down, daemon=True).start()

    def _up(self) -> None:
        proxy = self._proxy
        with contextlib.suppress(OSError):
            while data := self._client.recv(PIECE):
                limit = min((n for n in (proxy.reset_after, proxy.hang_after) if n is not None), default=None)
                if limit is not None and self._from_client + len(data) > limit:
                    self._server.sendall(data[: max(limit - self._from_client, 0)])
                    if proxy.reset_after is not None:
                        self.reset()
                    self.deaf = True
                    return
                self._from_client += len(data)
                if proxy.bytes_per_s is not None:
                    time.sleep(len(data) / proxy.bytes_per_s)
                self._server.sendall(data)
        if not self.dead:
            with contextlib.suppress(OSError):
                self._server.shutdown(socket.SHUT_WR)

    def _down(self) -> None:
        proxy = self._proxy
        with contextlib.suppress(OSError):
            while data := self._server.recv(PIECE):
                if proxy.bytes_per_s is not None:
                    time.sleep(len(data) / proxy.bytes_per_s)
                if not self.deaf:
                    self._client.sendall(data)
        if not self.deaf:
            self.reset()

    def reset(self) -> None:
        self.dead = True
        _reset(self._client)
        if self._server is not None:
            _reset(self._server)


def _reset(sock: socket.socket) -> None:
    """Close with RST and wake a thread that is blocked in recv() on it."""
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        sock.shutdown(socket.SHUT_RDWR)
    sock.close()
