"""A phone and a web server that can be killed: what the tests of working offline share.

The network is taken away by killing the server with SIGKILL. Playwright's `set_offline` does not reach what a service
worker fetches in every version, and a phone whose server has gone is the harder case anyway.
"""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from urllib.parse import quote

from django.conf import settings
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.db import connection
from playwright.sync_api import BrowserContext, Page, Playwright, expect

from accounts.models import User
from tests import factories as make
from visits.models import Assignment, Business, BusinessList, ListMembership

ROOT = Path(__file__).resolve().parents[2]
LOOK = {"viewport": {"width": 360, "height": 740}, "is_mobile": True, "has_touch": True, "locale": "zh-CN"}


class Site:
    """The web server of production on the test database: hashed static files, two worker processes, its own port."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url, self.log, self.process = f"http://localhost:{self.port}", folder / "web.log", None
        place = connection.settings_dict
        # servers and their files stay those of the tests; only static files go to a folder of this site
        self.environment = {
            **os.environ, "DATABASE_URL": f"postgres://{place['USER']}@{quote(place['HOST'], safe='')}/{place['NAME']}",
            "REDIS_URL": settings.REDIS_URL, "SECRET_KEY": settings.SECRET_KEY, "PORT": str(self.port),
            "DOORSTEP_VAR": str(folder),
        }  # fmt: skip
        subprocess.run(
            [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"],
            cwd=ROOT, env=self.environment, check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip

    def start(self) -> None:
        if self.process:
            return
        options = [
            "--interface",
            "wsgi",
            "--port",
            str(self.port),
            "--workers",
            "2",
            "--blocking-threads",
            "2",
        ]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "granian", *options, "--log-level", "warning", "config.wsgi:application"],
                cwd=ROOT, env=self.environment, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        until = time.monotonic() + 60
        while not self.answers():
            assert time.monotonic() < until and self.process.poll() is None, self.log.read_text()[-3000:]
            time.sleep(0.1)

    def answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=2):  # noqa: S310
                return True
        except OSError:
            return False

    def kill(self) -> None:
        """The whole group at once, as a power cut does."""
        if self.process:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None


class Phone:
    """A Chromium with a profile on disk, so that it can be switched off and on again."""

    def __init__(self, play: Playwright, chromium: str, folder: Path, url: str) -> None:
        self.play, self.chromium, self.folder, self.url = play, chromium, folder, url
        self.context: BrowserContext
        self.on()

    def on(self) -> Page:
        self.context = self.play.chromium.launch_persistent_context(
            str(self.folder), executable_path=self.chromium, args=["--no-sandbox"], base_url=self.url, accept_downloads=True, **LOOK
        )  # fmt: skip
        self.page = self.context.pages[0]
        self.answered: list[tuple[str, int]] = []  # what the server answered to uploads: address, status
        self.context.on("response", self._note)
        return self.page

    def off(self) -> None:
        self.context.close()

    def _note(self, response) -> None:
        if "/api/v1/visits/" in response.url and response.request.method in ("POST", "PUT"):
            self.answered.append((response.url.removeprefix(self.url), response.status))

    def sign_in(self, username: str = "officer", *, then: str = "/m/") -> Page:
        self.page.goto(f"/sign-in/?next={then}")
        self.page.fill("[name=username]", username)
        self.page.fill("[name=password]", make.PASSWORD)
        self.page.click("main button[type=submit]")
        self.page.wait_for_url(f"**{then}")
        return self.page

    def ready(self, username: str = "officer") -> Page:
        """Signed in, the frames and the day's list on the phone: from here on the network may go."""
        page = self.sign_in(username)
        # by hand: the policy of the pages forbids the eval that Playwright's waiting needs
        wait_until(lambda: page.evaluate("navigator.serviceWorker.controller !== null"))
        wait_until(lambda: page.evaluate("async () => (await caches.match('/m/scan/')) !== undefined"))
        wait_until(lambda: len(self.items("day")) == 1)
        return page

    def visit(self, shop: Business, outcome: str = "no_need", *, note: str = "") -> None:
        """The form of one firm, filled in and sent; ends on whatever page comes after."""
        self.page.goto(f"/m/visit/{shop.credit_code}/")
        self.page.locator("form[data-ready]").wait_for()
        self.page.click(f".outcome:has([value={outcome}])")
        if note:
            self.page.fill("[name=note]", note)
        self.page.click("button[form=visit-form]")

    def visit_offline(self, shop: Business, outcome: str = "no_need") -> None:
        self.visit(shop, outcome)
        self.page.wait_for_url("**/m/outbox/?saved=*")

    def items(self, store: str = "outbox") -> list[dict]:
        return self.page.evaluate(f"({STORED})", store)

    def kept_pages(self) -> list[str]:
        """What the service worker keeps apart from static files."""
        paths = self.page.evaluate(
            "async () => (await Promise.all((await caches.keys()).map(async (name) => (await (await caches.open(name)).keys())"
            ".map((request) => new URL(request.url).pathname)))).flat()"
        )
        return sorted(path for path in paths if not path.startswith("/static/"))

    def send_all(self) -> None:
        """The button, also where the phone was faster and has hidden it again."""
        self.page.locator("[data-outbox-all]").dispatch_event("click")


# Every row of a store, straight from the database of the page, without its blobs.
STORED = """(name) => new Promise((resolve, reject) => {
  const request = indexedDB.open("doorstep");
  request.onerror = () => reject(request.error);
  request.onupgradeneeded = () => request.transaction.abort();
  request.onsuccess = () => {
    const rows = request.result.transaction(name).objectStore(name).getAll();
    rows.onsuccess = () => { request.result.close(); resolve(rows.result.map(({ blob, ...row }) => row)); };
    rows.onerror = () => reject(rows.error);
  };
})"""


def real_passwords() -> None:
    """The server checks passwords as in production; the fixtures made them cheap."""
    for person in User.objects.filter(username__in=["officer", "officer2"]):
        person.password = PBKDF2PasswordHasher().encode(make.PASSWORD, "salt", 1000)
        person.save()


def shops_of(officer: User, count: int) -> list[Business]:
    """That many firms on the officer's list."""
    place, kind = make.grid(officer.district), BusinessList.objects.first()
    shops = [
        make.business(f"测试{number:03d}号商贸有限公司", at=officer.district, grid=place)
        for number in range(count)
    ]
    ListMembership.objects.bulk_create(ListMembership(list=kind, business=shop) for shop in shops)
    Assignment.objects.create(
        officer=officer, bank=officer.bank, list=kind, grid=place, starts_on="2026-01-01"
    )
    return shops


def wait_until(true, seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, "still not so"
        time.sleep(0.2)


def label(page: Page, state: str):
    return expect(page.locator(f".outbox-item[data-state={state}]"))
