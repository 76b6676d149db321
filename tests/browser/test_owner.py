"""An owner on their own phone in a real Chromium: from the code at the door to the bank's answer, and back out again."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect, sync_playwright

from lending.bank_decision.rules import Answer
from lending.bank_decision.services import decide
from lending.credit_lookup.services import look_up
from lending.credit_lookup.verifying import verify_need
from lending.district_review.services import review
from lending.errors import NoConsent
from lending.models import FinancingCase
from lending.recommendation_list.services import issue_list
from tests import factories as make
from tests.lending import story
from tests.visits.intake import telling
from visits.models import ConsentSigning, OwnerReport

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
expect.set_options(timeout=15_000)  # two cores, shared with everything else that runs
PHONE = {
    "viewport": {"width": 360, "height": 740}, "device_scale_factor": 2, "is_mobile": True, "has_touch": True,
    "locale": "zh-CN",
}  # fmt: skip
LONG = "上海徐汇漕河泾新兴技术开发区示范精密仪器与智能装备制造科技发展有限公司"


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


@pytest.fixture
def phone(browser: Browser, live_server, settings):
    """`phone()` is a fresh phone; `phone(java_script_enabled=False)` one without JavaScript."""
    settings.PUBLIC_BASE_URL = live_server.url

    def fresh(**changes) -> Page:
        page = browser.new_context(base_url=live_server.url, **PHONE | changes).new_page()
        page.complaints = []
        page.on("console", lambda said: page.complaints.append(said.text) if said.type == "error" else None)
        return page

    return fresh


@pytest.fixture
def an_hour_ago():
    return timezone.now() - timedelta(hours=1)


@pytest.fixture
def door(cast, an_hour_ago) -> str:
    firm = make.business(LONG, at=cast.xuhui)
    story.credit_item(firm)
    return f"/q/{telling.token_of(telling.door(cast, firm, an_hour_ago))}/"


def fill_need(page: Page) -> None:
    page.fill("[name=amount_wan]", "30")
    page.select_option("[name=purpose]", "purchase")
    page.fill("[name=purpose_text]", "进一批夏装")
    page.fill("[name=contact_name]", "李老板")
    page.fill("[name=contact_phone]", "13900001111")
    page.click("button[type=submit][form=owner-form]")


def choose_and_read(page: Page) -> None:
    page.check("[name=how][value=own]")
    page.select_option("[name=bank_1]", "DEMO-B1")
    page.click("button[type=submit][form=owner-form]")
    page.check("[name=scopes][value=credit_lookup]")
    page.check("[name=scopes][value=share_need]")
    page.check("[name=recipients][value=DEMO-B1]")
    page.fill("[name=signed_name]", "李老板")


def draw(page: Page) -> None:
    """A stroke of the finger across the box."""
    canvas = page.locator("canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    page.mouse.move(box["x"] + 20, box["y"] + 60)
    page.mouse.down()
    for step in range(1, 12):
        page.mouse.move(box["x"] + 20 + step * 20, box["y"] + 60 + (step % 3) * 15)
    page.mouse.up()


def declared(page: Page, door: str) -> str:
    """From the code to the link of the case."""
    page.goto(door)
    page.click("text=申报融资需求")
    fill_need(page)
    choose_and_read(page)
    if page.locator("canvas").is_visible():
        draw(page)
    page.click("button[type=submit][form=owner-form]")
    expect(page.locator(".link-text")).to_be_visible()
    return page.locator(".link-text").inner_text()


def panel_and_bank_do_their_part(cast) -> FinancingCase:
    case, now = story.fresh(FinancingCase.objects.get()), timezone.now()
    verify_need(case=case, note="致电登记电话,李老板确认", by=cast.panel, now=now)
    look_up(case=story.fresh(case), by=cast.panel, now=now)
    review(case=story.fresh(case), by=cast.panel, now=now, outcome="recommend", criteria=story.five())
    item = issue_list(
        district=cast.xuhui, items=[(case, cast.first_bank)], by=cast.panel, now=now
    ).items.get()
    answer = Answer(
        outcome="partly_approved", credit_line_yuan=Decimal("200000.00"), annual_rate_pct=Decimal("3.8500"),
        term_months=12, guarantee="credit", decided_on=timezone.localdate(),
    )  # fmt: skip
    decide(recommendation=item, answer=answer, by=cast.bank, now=now)
    return story.fresh(case)


def test_from_the_door_to_the_banks_answer_without_an_account(cast, phone, door):
    page = phone()
    link = declared(page, door)
    assert ConsentSigning.objects.get().signature_png is not None
    page.reload()
    assert page.locator(".link-text").inner_text() == link
    panel_and_bank_do_their_part(cast)
    later = phone()  # another day, another phone: the link is all it takes
    later.goto(link)
    expect(later.locator(".next__now")).to_contain_text("银行已同意授信")
    expect(later.locator(".line")).to_contain_text("额度20万元")
    assert (page.complaints, later.complaints) == ([], [])


def test_withdrawing_stops_the_next_lookup(cast, phone, door):
    page = phone()
    page.goto(declared(page, door))
    page.click("summary:has-text('撤回全部授权')")
    page.click("button:has-text('确认撤回全部授权')")
    expect(page.locator(".messages")).to_contain_text("已撤回全部授权")
    with pytest.raises(NoConsent):
        look_up(case=story.fresh(FinancingCase.objects.get()), by=cast.panel, now=timezone.now())
    assert page.complaints == []


def test_the_way_back_and_a_reload_lose_nothing(phone, door):
    page = phone()
    page.goto(f"{door}need/")
    fill_need(page)
    page.check("[name=how][value=own]")
    page.select_option("[name=bank_1]", "DEMO-B1")
    page.click("button[type=submit][form=owner-form]")
    expect(page.locator("[name=signed_name]")).to_be_visible()
    page.reload()
    page.go_back()
    assert page.input_value("[name=bank_1]") == "DEMO-B1"
    page.go_back()
    page.reload()
    assert (page.input_value("[name=amount_wan]"), page.input_value("[name=contact_phone]")) == (
        "30",
        "13900001111",
    )


def test_a_drawn_signature_survives_a_form_that_comes_back(phone, door):
    page = phone()
    page.goto(f"{door}need/")
    fill_need(page)
    choose_and_read(page)
    draw(page)
    page.fill("[name=signed_name]", "")
    page.click("button[type=submit][form=owner-form]")
    expect(page.locator(".field__error")).to_be_visible()
    dark = "c => [...c.getContext('2d').getImageData(0, 0, c.width, c.height).data].some((v, i) => i % 4 === 0 && v < 100)"
    page.wait_for_function(f"({dark})(document.querySelector('canvas'))")
    page.check("[name=scopes][value=credit_lookup]")
    page.fill("[name=signed_name]", "李老板")
    page.click("button[type=submit][form=owner-form]")
    expect(page.locator(".link-text")).to_be_visible()
    assert len(ConsentSigning.objects.get().signature_png) > 300


def test_all_of_it_works_without_javascript_but_the_drawn_signature(cast, phone, door):
    page = phone(java_script_enabled=False)
    link = declared(page, door)
    page.goto(link)
    page.click("text=投诉")
    page.fill("[name=text]", "等了很久")
    page.click("button[type=submit][form=owner-form]")
    expect(page.locator(".messages")).to_contain_text("受理编号")
    assert (ConsentSigning.objects.get().signature_png, OwnerReport.objects.count()) == (None, 1)


def test_a_visitor_is_checked_and_reported(cast, phone, an_hour_ago):
    page = phone()
    page.goto(f"/q/{telling.token_of(telling.door(cast, cast.officer, an_hour_ago))}/")
    expect(page.locator(".verdict-card")).to_contain_text("核验通过,今天有效")
    page.click("text=不对劲")
    page.fill("[name=text]", "要收五百块")
    page.click("button[type=submit][form=owner-form]")
    expect(page.locator(".case-number")).to_have_text(OwnerReport.objects.get().reference)
    assert page.complaints == []


@pytest.mark.parametrize("width", [320, 360, 768])
def test_no_page_of_the_owner_scrolls_sideways(cast, phone, door, an_hour_ago, width):
    page = phone(viewport={"width": width, "height": 740})
    track = declared(page, door)
    officer = f"/q/{telling.token_of(telling.door(cast, cast.officer, an_hour_ago))}/"
    over = {}
    for path in (
        door, f"{door}need/", f"{door}need/done/", f"{door}quiet/", f"{door}report/", officer, "/q/", "/q/AAAA/",
        track, f"{track}complain/", f"{track}disown/", f"{track}quiet/", f"{track}consent/",
    ):  # fmt: skip
        page.goto(path)
        over[path] = page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
    assert ({path: by for path, by in over.items() if by}, page.complaints) == (
        {}, ["Failed to load resource: the server responded with a status of 404 (Not Found)"],
    )  # fmt: skip
