"""The codes pages in a real Chromium: the printed sheet decodes, and a batch shows its progress by itself."""

from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import pytest
from django.db import connections
from django.utils import timezone
from PIL import Image

from tests import factories as make
from tests.visits.codes.batches.reading import decode, pages, zbar  # noqa: F401  the fixture
from tests.visits.codes.batches.stacks import GRID, shops, start
from visits.codes import bulk, rules
from visits.codes.batches import services, working
from visits.models import Code

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LONG_NAME = "上海漕河泾新兴技术开发区科技发展与企业服务管理有限责任公司(集团)"
LONG_LINE = (
    "上海市徐汇区漕河泾街道虹漕路461号软件大厦东楼第十七层1703室至1709室及地下一层B区仓储与配送中心二号门旁"
)


@pytest.fixture(autouse=True)
def _quiet(monkeypatch) -> None:
    monkeypatch.setattr(services.current_app, "send_task", lambda *_, **__: None)


@pytest.fixture
def at_desk(chromium, live_server):
    """`at_desk(story)` runs story(page) signed in as panel, in a thread of its own beside Playwright's event loop."""
    from playwright.sync_api import sync_playwright

    def play(story):
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            page = browser.new_context(base_url=live_server.url, locale="zh-CN").new_page()
            errors = []
            page.on("console", lambda line: errors.append(line.text) if line.type == "error" else None)
            page.goto("/sign-in/")
            page.fill("[name=username]", "panel")
            page.fill("[name=password]", make.PASSWORD)
            page.click("button[type=submit]")
            told = story(page)
            browser.close()
            assert errors == []
            return told

    def run(story):
        with ThreadPoolExecutor(1) as away:
            return away.submit(play, story).result(timeout=120)

    return run


def test_the_page_printed_from_the_browser_decodes(cast, at_desk, zbar, tmp_path):  # noqa: F811
    rows = shops(13, cast.xuhui)
    rows[0].name, rows[0].address = LONG_NAME, "测试路" + LONG_LINE
    rows[0].save(update_fields=["name", "address"])
    bulk.issue(kind="business", subjects=[row.pk for row in rows], by=cast.panel, now=timezone.now())

    def story(page):
        page.goto(f"/codes/print/?{GRID}")
        cut = page.evaluate("""() => [...document.querySelectorAll(".sticker")].some(box =>
            [...box.children].some(line => line.scrollWidth > box.clientWidth))""")
        return page.pdf(prefer_css_page_size=True), page.screenshot(full_page=True), cut

    printed, shown, is_cut = at_desk(story)
    addresses = {rules.url_for(secret) for secret in Code.objects.values_list("secret", flat=True)}
    found = {one for image in pages(printed, 200) for seen in (image, image.rotate(1, fillcolor=255)) for one in decode(seen, tmp_path)}  # fmt: skip
    assert (found == addresses, len(found), is_cut) == (True, 13, False)
    screen = Image.open(BytesIO(shown)).convert("L")
    assert set(decode(screen, tmp_path)) <= addresses


def make_it(pk: int) -> None:
    working.work_off(batch_id=pk, clock=timezone.now)
    connections.close_all()


def test_the_page_of_a_batch_follows_it_to_the_file_and_stops_asking(cast, at_desk):
    shops(3, cast.xuhui)
    batch = start(cast.panel)

    def story(page):
        asked = []
        page.on("request", lambda request: asked.append(request.url) if "progress" in request.url else None)
        page.goto(f"/codes/batches/{batch.pk}/")
        before = page.inner_text("main")
        page.wait_for_event("request", lambda request: "progress" in request.url)
        with ThreadPoolExecutor(1) as worker:
            worker.submit(make_it, batch.pk).result()
        page.wait_for_selector("text=下载 PDF", timeout=15000)
        count = len(asked)
        page.wait_for_timeout(3000)
        with page.expect_download() as download:
            page.click("text=下载 PDF")
        return before, len(asked) - count, download.value.suggested_filename

    before, more, name = at_desk(story)
    assert ("排队中" in before, more, name) == (True, 0, f"走访码-第{batch.pk}批-3个.pdf")


def test_a_printed_code_opens_the_page_it_stands_for(cast, web):
    (shop,) = shops(1, cast.xuhui)
    bulk.issue(kind="business", subjects=[shop.pk], by=cast.panel, now=timezone.now())
    path = rules.url_for(Code.objects.get().secret).partition("//")[2].partition("/")[2]
    assert (
        shop.name in web().get(f"/{path}").content.decode(),
        web(cast.officer).get(f"/{path}").status_code,
    ) == (True, 302)
