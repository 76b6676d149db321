"""A credit platform on the loopback that behaves as a test tells it to."""

import json
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SECRET = "a-shared-secret-of-the-two"


def found(code: str, **changes) -> bytes:
    item = {
        "category": "纳税", "item": "纳税信用等级", "value": "A", "department": "税务局", "as_of": "2026-04-30",
        "is_adverse": False,
    }  # fmt: skip
    return json.dumps({"credit_code": code, "status": "found", "items": [item | changes]}).encode()


def no_record(code: str) -> bytes:
    return json.dumps({"credit_code": code, "status": "no_record", "items": []}).encode()


class Peer:
    """`answers` are given in turn, the last one for ever: a status with a body, or a function of the handler."""

    def __init__(self, *answers) -> None:
        self.answers, self.requests = list(answers), []

    def next_answer(self):
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def source(self, **changes) -> dict:
        url = f"http://127.0.0.1:{self.port}/lookup"
        return {"code": "province", "adapter": "http", "url": url, "secret": SECRET} | changes


@contextmanager
def running(*answers):
    peer = Peer(*answers)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            peer.requests.append({"headers": dict(self.headers), "body": body, "path": self.path})
            answer = peer.next_answer()
            try:
                answer(self) if callable(answer) else reply(self, *answer)
            except (BrokenPipeError, ConnectionResetError):
                pass  # whoever asked has hung up: what a test of timeouts and caps wants

        do_GET = do_POST

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    peer.port = server.server_port
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield peer
    finally:
        server.shutdown()
        server.server_close()


def reply(handler, status: int, body: bytes, **headers) -> None:
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def hang(handler) -> None:
    time.sleep(1.5)


def drip(handler) -> None:
    """A byte now and then, for ever: each arrives in time, the whole never does."""
    handler.send_response(200)
    handler.end_headers()
    for _ in range(40):
        handler.wfile.write(b" ")
        handler.wfile.flush()
        time.sleep(0.1)


def flood(handler) -> None:
    handler.send_response(200)
    handler.end_headers()
    for _ in range(64):
        handler.wfile.write(b" " * 65536)


def hang_up(handler) -> None:
    handler.connection.close()


def bomb(handler) -> None:
    """40 MB of blanks as a few kilobytes of gzip."""
    import gzip

    reply(handler, 200, gzip.compress(b" " * 40_000_000), **{"Content-Encoding": "gzip"})
