"""A reviewer's day in a real Chromium: the inbox, the form that follows the outcome, the colleague who was faster."""

from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.factories import PASSWORD
from tests.lending.bank_decision import stage

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
INBOX = "/admin/lending/recommendation/"
LONG = "上海示范徐汇漕河泾新兴技术开发区精密仪器设备制造股份有限公司徐汇第一分公司"


@pytest.fixture(autouse=True)
def _orm_beside_the_browser(monkeypatch) -> None:
    """Playwright keeps an event loop running in this thread, which makes Django fear for its connections."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


@pytest.fixture
def browser(chromium: str) -> Browser:
    with sync_playwright() as play:
        started = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield started
        started.close()
        connections.close_all()  # in here Django keeps connections of its own, which nobody else would close


@pytest.fixture
def sign_in(browser: Browser, live_server):
    """`sign_in("bank")` is a page of that person; what the console complains about is in `page.complaints`."""

    def person(username: str) -> Page:
        page = browser.new_context(base_url=live_server.url, locale="zh-CN").new_page()
        page.complaints = []
        page.on("console", lambda said: page.complaints.append(said.text) if said.type == "error" else None)
        page.goto("/sign-in/")
        page.fill("[name=username]", username)
        page.fill("[name=password]", PASSWORD)
        page.click("main button[type=submit]")
        page.wait_for_url("**/admin/")
        return page

    return person


@pytest.fixture
def pushed(cast):
    at = timezone.now() - timedelta(hours=1)
    return stage.push(cast, stage.case(cast, name=LONG, at=at), at=at)


def fill_terms(page: Page) -> None:
    page.click("label.dd-outcome--partly_approved")
    page.fill("[name=credit_line_wan]", "30")
    page.fill("[name=annual_rate_pct]", "3.85")
    page.fill("[name=term_months]", "12")
    page.select_option("[name=guarantee]", "credit")


def test_from_the_inbox_to_the_decision(pushed, sign_in):
    page = sign_in("bank")
    page.goto(INBOX)
    page.click("#result_list button:has-text('接收')")
    expect(page.locator("#result_list")).to_contain_text("待对接")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.click("text=作出决定")
    fill_terms(page)
    page.click("text=登记决定")
    expect(page.locator("#decision")).to_contain_text("部分授信")
    pushed.refresh_from_db()
    assert (pushed.state, pushed.case.stage, page.complaints) == ("decided", "approved", [])


@pytest.mark.parametrize(
    ("outcome", "shown"),
    [("approved", ["dd-terms"]), ("partly_approved", ["dd-terms"]), ("declined", ["dd-reason", "dd-text"]), ("no_need", ["dd-text"])],
)  # fmt: skip
def test_the_form_shows_what_the_outcome_needs(pushed, sign_in, outcome, shown):
    page = sign_in("bank")
    page.goto(f"{INBOX}{pushed.pk}/decide/")
    parts = ["dd-terms", "dd-reason", "dd-text"]
    assert [name for name in parts if page.locator(f".{name}").is_visible()] == []
    page.click(f"label.dd-outcome--{outcome}")
    assert [name for name in parts if page.locator(f".{name}").is_visible()] == shown


def test_the_slower_reviewer_is_told_and_nothing_typed_is_lost(pushed, sign_in):
    fast, slow = sign_in("bank"), sign_in("bank2")
    for page in (fast, slow):
        page.goto(f"{INBOX}{pushed.pk}/decide/")
        fill_terms(page)
    fast.click("text=登记决定")
    expect(fast.locator("#decision")).to_contain_text("部分授信")
    slow.fill("[name=product]", "沪江快贷")
    slow.click("text=登记决定")
    expect(slow.locator("[role=alert]")).to_contain_text("您的决定没有保存:钱贷")
    assert slow.input_value("[name=product]") == "沪江快贷"


@pytest.mark.parametrize("width", [360, 768, 1440])
def test_no_page_of_the_desk_scrolls_sideways_or_breaks_the_policy(pushed, sign_in, width):
    page = sign_in("bankhead")
    page.set_viewport_size({"width": width, "height": 800})
    over = {}
    for path in (
        "/admin/",
        INBOX,
        f"{INBOX}{pushed.pk}/change/",
        f"{INBOX}{pushed.pk}/decide/",
        "/admin/accounts/user/",
    ):
        page.goto(path)
        over[path] = page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
    assert ({path: by for path, by in over.items() if by}, page.complaints) == ({}, [])
