"""A day of the district's team in a real Chromium: the queue by keyboard, a review, a list; and the owner's link."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests import factories as make
from tests.factories import PASSWORD
from tests.lending import story

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
expect.set_options(timeout=15_000)  # two cores, shared with everything else that runs
LONG = "上海徐汇漕河泾新兴技术开发区示范精密仪器与智能装备制造科技发展有限公司"
ADDRESS = (
    "上海市徐汇区漕河泾新兴技术开发区宜山路一千零九十九弄中辰科技园第十六号楼东侧裙房二层二零八室至二一二室"
)


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
def page_of(browser: Browser, live_server):
    """`page_of("panel")` is a page of that person, `page_of()` one of the owner; `page.complaints` is the console's."""

    def person(username: str = "") -> Page:
        page = browser.new_context(base_url=live_server.url, locale="zh-CN").new_page()
        page.complaints = []
        page.on("console", lambda said: page.complaints.append(said.text) if said.type == "error" else None)
        if username:
            page.goto("/sign-in/")
            page.fill("[name=username]", username)
            page.fill("[name=password]", PASSWORD)
            page.click("main button[type=submit]")
            page.wait_for_load_state()
        return page

    return person


@pytest.fixture
def an_hour_ago():
    return timezone.now() - timedelta(hours=1)


def firm(cast):
    return make.business(LONG, at=cast.xuhui, address=ADDRESS)


def test_from_the_queue_to_the_issued_list(cast, page_of, an_hour_ago):
    case = story.visited(cast, of=firm(cast), now=an_hour_ago)
    story.credit_item(case.business)
    page = page_of("panel")
    page.goto("/district/cases/")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.click("button:has-text('查询信用信息')")
    expect(page.locator(".receipt__answer")).to_have_text("有记录")
    for name in story.FIVE:
        page.check(f"input[name={name}_met][value=yes]", force=True)
        page.fill(f"textarea[name={name}_note]", "走访核实")
    page.click("button[value=recommend]")
    page.click("text=去推送")
    page.check("[data-bulk-item]")
    page.click("button:has-text('发布并推送')")
    page.wait_for_url("**/district/lists/TJ-**")
    expect(page.locator("h1")).to_have_text("徐汇区融资推荐清单")
    assert (story.fresh(case).stage, page.complaints) == ("with_bank", [])


def test_a_colleague_was_faster_and_nothing_typed_is_lost(cast, page_of, an_hour_ago):
    case = story.looked_up(cast, now=an_hour_ago)
    slow, fast = page_of("panel"), page_of("panel2")
    for page in (slow, fast):
        page.goto(f"/district/cases/{case.number}/")
    slow.fill("textarea[name=genuine_need_note]", "电话回访过企业主")
    fast.click("button:has-text('重新查询')")
    expect(fast.locator(".messages")).to_contain_text("已取得信用查询结果")
    slow.fill("textarea[name=reason]", "金额待核")
    slow.click("button[value=return]")
    expect(slow.locator("[role=alert]")).to_contain_text("办件刚刚被他人办理")
    assert slow.input_value("textarea[name=genuine_need_note]") == "电话回访过企业主"
    slow.click("button[value=return]")
    expect(slow.locator(".messages")).to_contain_text("已退回补正")
    assert story.fresh(case).stage == "returned"


def test_the_owner_takes_the_application_back(cast, page_of, an_hour_ago):
    item = story.pushed(cast, now=an_hour_ago)
    page = page_of()
    page.goto(f"/track/{item.case.track_token}/")
    expect(page.locator(".next__now")).to_have_text("银行正在办理")
    page.click("text=我不想继续申请了")
    page.click("button:has-text('撤回申请')")
    expect(page.locator(".next__now")).to_have_text("您已撤回申请")
    assert (story.fresh(item.case).stage, page.complaints) == ("withdrawn", [])


@pytest.mark.parametrize("width", [320, 360, 768, 1440])
def test_no_page_scrolls_sideways_or_breaks_the_policy(cast, page_of, an_hour_ago, width):
    item = story.pushed(cast, of=firm(cast), banks=(cast.first_bank, cast.other_bank), now=an_hour_ago)
    waiting = story.recommended(cast, of=firm(cast), now=an_hour_ago)
    judged = story.looked_up(cast, of=firm(cast), now=an_hour_ago)
    desk = ["/district/cases/", "/district/lists/", f"/district/lists/{item.list.number}/"]
    desk += [f"/district/cases/{case.number}/" for case in (item.case, waiting, judged)]
    visits = {
        "panel": desk,
        "officer": [f"/m/cases/{item.case.number}/"],
        "": [f"/track/{item.case.track_token}/"],
    }
    over, complaints = [], []
    for who, paths in visits.items():
        page = page_of(who)
        page.set_viewport_size({"width": width, "height": 800})
        for path in paths:
            page.goto(path)
            if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
                over.append(path)
        complaints += page.complaints
    assert (over, complaints) == ([], [])
