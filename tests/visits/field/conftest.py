"""A phone in a real Chromium."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests import factories as make


@pytest.fixture
def on_phone(chromium, live_server):
    """`on_phone(story, scripts=…)` runs story(page) on a 360 px phone, signed in; away from this thread, whose database
    connection may not be used beside Playwright's event loop. Answers what the story returns and the errors logged."""
    from playwright.sync_api import sync_playwright

    def play(story, scripts: bool):
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            context = browser.new_context(
                viewport={"width": 360, "height": 740}, java_script_enabled=scripts, has_touch=True,
                base_url=live_server.url, locale="zh-CN",
            )  # fmt: skip
            page, errors = context.new_page(), []
            page.on("console", lambda line: errors.append(line.text) if line.type == "error" else None)
            page.on("pageerror", lambda error: errors.append(str(error)))
            page.goto("/sign-in/")
            page.fill("[name=username]", "officer")
            page.fill("[name=password]", make.PASSWORD)
            page.click("button[type=submit]")
            told = story(page)
            browser.close()
            return told, errors

    def run(story, *, scripts: bool = True):
        with ThreadPoolExecutor(1) as away:
            return away.submit(play, story, scripts).result(timeout=120)

    return run
