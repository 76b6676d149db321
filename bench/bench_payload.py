"""What a phone loads when it opens a page for the first time: bytes on the wire, counted between Chromium and the server.

A figure is everything the server sends for one page to an empty browser, headers included: the page, styles, scripts,
icons. What the service worker fetches afterwards to open without network, and the reader of QR codes, which is fetched
after a tap, have lines of their own.
"""

import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import contextmanager

from bench.figures import Report

BOUND_KB = 100
PHONE = {"viewport": {"width": 360, "height": 740}, "is_mobile": True, "has_touch": True, "locale": "zh-CN"}
QUIET_SECONDS = 1.0  # nothing on the wire for so long: the page is there
CAMERA = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]


class Wire:
    """A TCP relay in front of the server that counts what goes to the browser."""

    def __init__(self, to_port: int) -> None:
        self.to_port, self.sent, self.last_at = to_port, 0, time.monotonic()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def settled(self, since: int) -> int:
        """Bytes sent after `since`, once the wire has been quiet."""
        while time.monotonic() - self.last_at < QUIET_SECONDS:
            time.sleep(0.05)
        return self.sent - since

    def _accept(self) -> None:
        while True:
            browser, _from = self._listener.accept()
            server = socket.create_connection(("127.0.0.1", self.to_port))
            threading.Thread(target=self._relay, args=(browser, server, False), daemon=True).start()
            threading.Thread(target=self._relay, args=(server, browser, True), daemon=True).start()

    def _relay(self, source: socket.socket, target: socket.socket, is_counted: bool) -> None:
        try:
            while data := source.recv(65536):
                if is_counted:
                    self.sent, self.last_at = self.sent + len(data), time.monotonic()
                target.sendall(data)
        except OSError:  # one side is gone, and with it the other
            pass
        for end in (source, target):
            end.close()


def run(report: Report) -> None:
    if not (executable := shutil.which("chromium") or shutil.which("google-chrome")):
        report.note("no Chromium on this machine: not measured")
        return
    from django.core.management import call_command

    for command in ("demo", "collectstatic"):
        call_command(command, verbosity=0, **({"interactive": False} if command == "collectstatic" else {}))
    with server() as port:
        measure(report, Wire(port), executable)


@contextmanager
def server():
    """The web process of the product on a free port, until the end of the block."""
    from config import supervise

    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    child = supervise.web("127.0.0.1", port)
    environment = os.environ | {"PORT": str(port), "DEBUG": ""}
    process = subprocess.Popen(child.command, env=environment, cwd=supervise.env.ROOT, start_new_session=True)
    try:
        until = time.monotonic() + 60
        while not supervise.answers("127.0.0.1", port):
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError("the web process did not start")
            time.sleep(0.2)
        yield port
    finally:
        process.terminate()
        process.wait(20)


def measure(report: Report, wire: Wire, executable: str) -> None:
    from playwright.sync_api import sync_playwright

    officer, owner, session = addresses()
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=executable, args=["--no-sandbox", *CAMERA])

        def load(path: str, *, then: Callable | None = None, cookies=(), worker: str = "block") -> int:
            """Bytes for one page in an empty browser; with `then`, only what that brings after the page is there."""
            context = browser.new_context(
                base_url=f"http://localhost:{wire.port}", service_workers=worker, **PHONE
            )
            context.add_cookies([cookie | {"url": f"http://localhost:{wire.port}"} for cookie in cookies])
            page, before = context.new_page(), wire.sent
            answer = page.goto(path, wait_until="load")
            if answer.status != 200:
                raise RuntimeError(f"{path} answered {answer.status}")
            size = wire.settled(before)
            if then:
                before = wire.sent
                then(page)
                size = wire.settled(before)
            context.close()
            return size

        for name, path in officer.items():
            report.add(name, load(path, cookies=session) / 1000, "kB", at_most=BOUND_KB)
        for name, path in owner.items():
            report.add(name, load(path) / 1000, "kB", at_most=BOUND_KB)
        tap = load("/m/scan/", cookies=session, then=lambda page: open_camera(page))
        report.add("scanner_after_the_tap", tap / 1000, "kB")
        kept = load("/m/", cookies=session, worker="allow") - load("/m/", cookies=session)
        report.add("kept_for_offline", kept / 1000, "kB")
        browser.close()


def open_camera(page) -> None:
    page.click("[data-scan-start]")
    page.wait_for_timeout(5000)  # compiling on a loaded machine


def addresses() -> tuple[dict[str, str], dict[str, str], list[dict[str, str]]]:
    """Officer's pages, owner's pages, and the cookie of the demo's officer."""
    from django.conf import settings
    from django.test import Client

    from accounts.models import User
    from lending.models import FinancingCase
    from visits.codes.rules import token_for
    from visits.models import Business, Code, Visit

    officer = User.objects.get(username="officer")
    client = Client()
    client.force_login(officer)
    code = Code.objects.filter(kind="business", revoked_at=None).first()
    firm = Business.objects.filter(visits__officer=officer).first()
    visit = Visit.objects.filter(officer=officer).first()
    pages = {
        "today": "/m/", "visit_form": f"/m/visit/{firm.credit_code}/", "own_visits": "/m/visits/",
        "own_visit": f"/m/visits/{visit.pk}/", "me": "/m/me/", "scan_before_the_tap": "/m/scan/", "outbox": "/m/outbox/",
        "offline_form": "/m/visit/offline/",
    }  # fmt: skip
    owner = {"sign_in": "/sign-in/", "track": f"/track/{FinancingCase.objects.first().track_token}/"}
    if code:
        owner["door_code"] = f"/q/{token_for(code.secret)}/"
    return pages, owner, [{"name": settings.SESSION_COOKIE_NAME, "value": client.session.session_key}]
