"""A UDP relay that loses, doubles and reorders datagrams between one client and the server, reproducibly."""

from __future__ import annotations

import random
import selectors
import socket
import threading
import time


class LossyRelay:
    """Stands between a client and the server; `port` is where the client sends."""

    def __init__(self, server: tuple[str, int], *, loss: float, double: float, late: float, seed: int) -> None:
        self._server = server
        self._rates = (loss, double, late)
        self._random = random.Random(seed)
        self._front, self._back = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
        for side in (self._front, self._back):
            side.bind(("127.0.0.1", 0))
            side.setblocking(False)
        self.port = self._front.getsockname()[1]
        self.lost = 0
        self._client: tuple[str, int] | None = None
        self._held: list[tuple[float, socket.socket, bytes, tuple[str, int]]] = []
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="relay")

    def __enter__(self) -> LossyRelay:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join()
        self._front.close()
        self._back.close()

    def _run(self) -> None:
        with selectors.DefaultSelector() as selector:
            for side in (self._front, self._back):
                selector.register(side, selectors.EVENT_READ)
            while not self._stopping.is_set():
                for key, _ in selector.select(0.002):
                    self._take(key.fileobj)  # type: ignore[arg-type]
                self._let_go()

    def _take(self, side: socket.socket) -> None:
        packet, source = side.recvfrom(65535)
        if side is self._front:
            self._client = source
            self._pass_on(self._back, packet, self._server)
        elif self._client is not None:
            self._pass_on(self._front, packet, self._client)

    def _pass_on(self, side: socket.socket, packet: bytes, target: tuple[str, int]) -> None:
        loss, double, late = self._rates
        if self._random.random() < loss:
            self.lost += 1
            return
        for _ in range(2 if self._random.random() < double else 1):
            wait = self._random.uniform(0.005, 0.05) if self._random.random() < late else 0.0
            self._held.append((time.monotonic() + wait, side, packet, target))

    def _let_go(self) -> None:
        now = time.monotonic()
        for _, side, packet, target in [held for held in self._held if held[0] <= now]:
            side.sendto(packet, target)
        self._held = [held for held in self._held if held[0] > now]
