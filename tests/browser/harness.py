"""What the browser tests share: a Chromium kept open for a whole file, and what the set-up installs for them."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
PHONE = {"is_mobile": True, "has_touch": True, "device_scale_factor": 2, "locale": "zh-CN"}
STORY_SECONDS = 200


class Chromium:
    """One browser in a thread of its own: Playwright keeps an event loop running in its thread, and beside a running
    loop Django refuses its connections. Tests stay in theirs and hand over stories."""

    def __init__(self, executable: str, *switches: str) -> None:
        self._away = ThreadPoolExecutor(1)
        self._do(self._start, executable, switches)

    def tell(self, story: Callable[[Page], Any], **context) -> Any:
        """`story(page)` in a fresh context (Playwright's options; `cookies` besides), and what it returns.

        `page.asked` are the addresses it requested; `page.complaints` what the console called an error."""
        return self._do(self._tell, story, context)

    def close(self) -> None:
        self._do(self._stop)
        self._away.shutdown()

    def _do(self, *work):
        return self._away.submit(*work).result(STORY_SECONDS)

    def _start(self, executable: str, switches: tuple[str, ...]) -> None:
        self._play = sync_playwright().start()
        self._browser = self._play.chromium.launch(
            executable_path=executable, args=["--no-sandbox", *switches]
        )

    def _stop(self) -> None:
        self._browser.close()
        self._play.stop()

    def _tell(self, story: Callable, options: dict):
        cookies = options.pop("cookies", [])
        context = self._browser.new_context(**options)
        try:
            context.add_cookies(cookies)
            page = context.new_page()
            page.asked, page.complaints = [], []
            page.on("request", lambda request: page.asked.append(request.url))
            page.on(
                "console", lambda said: page.complaints.append(said.text) if said.type == "error" else None
            )
            page.on("pageerror", lambda error: page.complaints.append(str(error)))
            return story(page)
        finally:
            context.close()


def must_have(path: str) -> Path:
    """A file that .ci/vendor.py brings. Where npm could not be reached the test is skipped; with CI=true it fails."""
    found = ROOT / path
    if found.is_file():
        return found
    reason = f"{path} is not there; `make vendor` installs it"
    if os.environ.get("CI", "").lower() == "true":
        pytest.fail(reason)
    return pytest.skip(reason)


def cookie_of(client, address: str) -> dict:
    """The session of a signed-in Django test client, for a browser."""
    return {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": address}
