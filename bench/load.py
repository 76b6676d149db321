"""A load generator of a few microseconds per request: ready-made bytes over sockets kept open, one thread, epoll.

It shares the processors with the server it measures, so it composes and parses nothing while the clock runs.
"""

import selectors
import socket
import time
from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from bench.figures import percentile

END_OF_HEAD = b"\r\n\r\n"


@dataclass
class Load:
    seconds: float = 0.0
    latencies_ms: list[float] = field(default_factory=list)
    statuses: Counter = field(default_factory=Counter)
    odd: list[bytes] = field(default_factory=list)  # the first answers that were not 201

    @property
    def per_second(self) -> float:
        return len(self.latencies_ms) / self.seconds

    @property
    def p95_ms(self) -> float:
        return percentile(self.latencies_ms, 0.95)


def post(address: str, body: bytes, headers: dict[str, str]) -> bytes:
    """A whole HTTP/1.1 request."""
    told = {
        "Host": "localhost",
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
    } | headers
    head = "".join(f"{name}: {value}\r\n" for name, value in told.items())
    return f"POST {address} HTTP/1.1\r\n{head}\r\n".encode() + body


def drive(port: int, requests: Iterable[bytes], *, clients: int) -> Load:
    """Send the requests, `clients` at a time, each connection taking the next one as soon as it has its answer."""
    waiting, load = deque(requests), Load()
    selector = selectors.DefaultSelector()
    connections = [socket.create_connection(("127.0.0.1", port), timeout=30) for _ in range(clients)]
    clock = time.perf_counter
    began = clock()
    for connection in connections:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        key = selector.register(connection, selectors.EVENT_READ, [b"", clock()])
        connection.sendall(waiting.popleft())
        key.data[1] = clock()
    open_now = clients
    while open_now:
        for key, _mask in selector.select(30):
            got = key.fileobj.recv(65536)
            if not got:
                raise ConnectionError("the server closed a connection in the middle of a run")
            key.data[0] += got
            if not _is_whole(key.data[0]):
                continue
            now = clock()
            _note(load, key.data[0], (now - key.data[1]) * 1000)
            if waiting:
                key.data[0], key.data[1] = b"", now
                key.fileobj.sendall(waiting.popleft())
            else:
                selector.unregister(key.fileobj)
                open_now -= 1
    load.seconds = clock() - began
    for connection in connections:
        connection.close()
    return load


def _is_whole(answer: bytes) -> bool:
    end = answer.find(END_OF_HEAD)
    if end < 0:
        return False
    head = answer[:end].lower()
    start = head.find(b"content-length:")
    if start < 0:
        raise ValueError(f"an answer without a length: {answer[:200]!r}")
    return len(answer) - end - len(END_OF_HEAD) >= int(head[start + 15 :].split(b"\r\n", 1)[0])


def _note(load: Load, answer: bytes, milliseconds: float) -> None:
    load.latencies_ms.append(milliseconds)
    status = int(answer[9:12])
    load.statuses[status] += 1
    if status != 201 and len(load.odd) < 3:
        load.odd.append(answer)
