"""The scan page in a real Chromium on an emulated phone, its camera pointed at a sheet printed a moment ago."""

import io

import pytest
import qrcode
from PIL import Image
from playwright.sync_api import Page, expect

from tests import factories as make
from tests.browser import fake_camera
from tests.browser.harness import PHONE, Chromium, cookie_of, must_have
from tests.factories import PASSWORD
from visits.codes import rules, services
from visits.models import Visit

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
READER = ["/static/vendor/barcode-detector/ponyfill.js", "/static/vendor/zxing-wasm/zxing_reader.wasm"]
SMALL = {"width": 360, "height": 740}

# What an Android brings, which Chromium on Linux does not: a reader of its own. `hollow` is there and refuses, as on
# phones without Google's services.
NATIVE = """window.BarcodeDetector = class {
  static async getSupportedFormats() { return ["qr_code"]; }
  async detect() { window.nativeLooks = (window.nativeLooks || 0) + 1; return [{ rawValue: "%s" }]; }
};"""
HOLLOW = NATIVE.replace(
    'return [{ rawValue: "%s" }];', 'throw new DOMException("none", "NotSupportedError");'
)
WITH_TORCH = """MediaStreamTrack.prototype.getCapabilities = () => ({ torch: true });
MediaStreamTrack.prototype.applyConstraints = async (wish) => { window.wished = wish; };"""
REFUSED = "navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('no', '%s'); };"
NO_CAMERA_API = "Object.defineProperty(navigator, 'mediaDevices', { value: undefined });"
INSECURE = NO_CAMERA_API + "Object.defineProperty(window, 'isSecureContext', { value: false });"


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    """The file that the camera plays; a test writes it before it opens the camera."""
    return tmp_path_factory.mktemp("camera") / "film.y4m"


@pytest.fixture(scope="module")
def chrome(chromium: str, film):
    fake_camera.film(film, [fake_camera.wall()])
    started = Chromium(chromium, *fake_camera.switches(film))
    yield started
    started.close()


@pytest.fixture
def reader() -> None:
    must_have("static/vendor/zxing-wasm/zxing_reader.wasm")


@pytest.fixture
def shop(cast):
    return make.business("测试梧桐咖啡馆", at=cast.xuhui)


@pytest.fixture
def code(cast, shop):
    return services.issue_code(subject=shop, by=cast.panel, now=make.just_now())


@pytest.fixture
def on_phone(chrome, live_server, cast, web):
    """`on_phone(story)`: the officer's phone, signed in, on the scan page; `script` runs before the page's own."""

    def play(story, *, script: str = "", **context):
        def opened(page: Page):
            if script:
                page.add_init_script(script)
            page.goto("/m/scan/")
            return story(page)

        cookies = [cookie_of(web(cast.officer), live_server.url)]
        facts = {"viewport": SMALL, "base_url": live_server.url, "cookies": cookies, **PHONE, **context}
        return chrome.tell(opened, **facts)

    return play


@pytest.fixture
def label(chrome, live_server, cast, code, web) -> Image.Image:
    """The label of the shop, cut out of the sheet as the district's team prints it."""

    def cut(page: Page) -> bytes:
        page.emulate_media(media="print")
        page.goto(f"/codes/print/?search={code.business.credit_code}")
        return page.locator(".sticker").first.screenshot()

    cookies = [cookie_of(web(cast.panel), live_server.url)]
    return Image.open(
        io.BytesIO(chrome.tell(cut, base_url=live_server.url, device_scale_factor=3, cookies=cookies))
    )


def by_hand(label: Image.Image) -> list[Image.Image]:
    """Half a second of wall, then the label in a hand that is not quite still."""
    return [fake_camera.wall()] * 5 + [
        fake_camera.at_the_door(label, turned=angle) for angle in (3, 5, 8, -6)
    ]


def menu() -> Image.Image:
    """What hangs beside the door code: a code of somebody else's."""
    return fake_camera.at_the_door(qrcode.make("https://example.invalid/menu/42").get_image())


def reader_files(page: Page) -> list[str]:
    return [path for asked in page.asked for path in READER if asked.endswith(path)]


def test_a_printed_sheet_before_the_camera_records_a_visit(
    chrome, live_server, cast, shop, label, film, reader
):
    fake_camera.film(film, by_hand(label))

    def story(page: Page):
        page.goto("/sign-in/")
        page.fill("[name=username]", "officer")
        page.fill("[name=password]", PASSWORD)
        page.click("main button[type=submit]")
        page.click(".tabbar >> text=扫一扫")
        expect(page.locator("[data-scan-start]")).to_be_visible()
        has_native = page.evaluate("'BarcodeDetector' in window")
        before = reader_files(page)
        page.click("[data-scan-start]")
        page.wait_for_url("**/m/visit/code/*/")
        page.click(".outcome:has([value=no_need])")
        page.click("button[form=visit-form]")
        page.wait_for_url("**/m/visits/*/**")
        strangers = [
            asked for asked in page.asked if not asked.startswith((live_server.url, "blob:", "data:"))
        ]
        return has_native, before, sorted(reader_files(page)), strangers, page.complaints

    told = chrome.tell(story, viewport=SMALL, base_url=live_server.url, **PHONE)
    assert told == (False, [], sorted(READER), [], [])
    assert Visit.objects.filter(
        business=shop, officer=cast.officer, outcome="no_need", code__isnull=False
    ).exists()


def test_a_foreign_code_is_named_and_the_search_goes_on(on_phone, shop, label, film, reader):
    fake_camera.film(film, [menu()] * 20 + by_hand(label))

    def story(page: Page):
        page.click("[data-scan-start]")
        expect(page.locator("[data-scan-status]")).to_contain_text("不是走访通的码", timeout=15_000)
        page.wait_for_url("**/m/visit/code/*/", timeout=15_000)
        return page.locator("body").inner_text()

    assert shop.name in on_phone(story)


def test_a_phone_with_a_reader_of_its_own_loads_none(on_phone, shop, code, film):
    fake_camera.film(film, [fake_camera.wall()])

    def story(page: Page):
        page.click("[data-scan-start]")
        page.wait_for_url("**/m/visit/code/*/")
        return shop.name in page.locator("body").inner_text(), reader_files(page)

    assert on_phone(story, script=NATIVE % rules.url_for(code.secret)) == (True, [])


def test_a_reader_with_nothing_behind_it_gives_way_to_ours(on_phone, label, film, reader):
    fake_camera.film(film, by_hand(label))

    def story(page: Page):
        page.click("[data-scan-start]")
        page.wait_for_url("**/m/visit/code/*/", timeout=15_000)
        return sorted(reader_files(page)), page.complaints

    assert on_phone(story, script=HOLLOW) == (sorted(READER), [])


@pytest.mark.parametrize("longest", [900, 4000])
def test_a_photo_is_read_on_the_phone(on_phone, shop, label, tmp_path, reader, longest):
    photo = tmp_path / "photo.jpg"
    seen = fake_camera.at_the_door(label, turned=12)
    seen.resize((longest, longest * 3 // 4), Image.Resampling.BICUBIC).save(photo, quality=70)

    def story(page: Page):
        before = reader_files(page)
        page.set_input_files("[data-scan-photo]", photo)
        page.wait_for_url("**/m/visit/code/*/", timeout=20_000)
        sent = [asked for asked in page.asked if "photo" in asked]
        return before, sent, shop.name in page.locator("body").inner_text()

    assert on_phone(story) == ([], [], True)


def test_a_photo_without_a_code_says_how_to_take_a_better_one(on_phone, tmp_path, reader):
    blank, broken = tmp_path / "wall.png", tmp_path / "broken.jpg"
    fake_camera.wall().save(blank)
    broken.write_bytes(b"no picture")

    def story(page: Page):
        status = page.locator("[data-scan-status]")
        page.set_input_files("[data-scan-photo]", blank)
        expect(status).to_contain_text("没有读到码", timeout=15_000)
        page.set_input_files("[data-scan-photo]", broken)
        expect(status).to_contain_text("打不开")

    on_phone(story)


def test_the_camera_is_let_go_when_the_page_is_left_or_closed_by_hand(on_phone, film, reader):
    fake_camera.film(film, [fake_camera.wall()])
    states = "() => window.tracks.map((track) => track.readyState)"
    keep = """const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices); window.tracks = [];
      navigator.mediaDevices.getUserMedia = async (wish) => {
        window.wish = wish; const got = await open(wish); window.tracks.push(...got.getTracks()); return got; };"""

    def story(page: Page):
        told = []
        for leave in (
            "document.querySelector('[data-scan-stop]').click()",
            "window.dispatchEvent(new PageTransitionEvent('pagehide'))",
            "Object.defineProperty(document, 'hidden', { value: true, configurable: true });"
            "document.dispatchEvent(new Event('visibilitychange'));"
            "Object.defineProperty(document, 'hidden', { value: false, configurable: true });",
        ):
            page.click("[data-scan-start]")
            expect(page.locator("[data-scan-stop]")).to_be_visible()
            page.wait_for_function("() => document.querySelector('video').videoWidth > 0")
            live = page.evaluate(states)[-1]
            page.evaluate(leave)
            expect(page.locator("[data-scan-start]")).to_be_visible()
            told.append((live, page.evaluate(states)[-1]))
        return told, page.evaluate("window.wish.video.facingMode"), page.evaluate("window.wish.audio")

    assert on_phone(story, script=keep) == ([("live", "ended")] * 3, {"ideal": "environment"}, False)


def test_the_torch_is_offered_only_where_the_camera_has_one(on_phone, film, reader):
    fake_camera.film(film, [fake_camera.wall()])

    def without(page: Page):
        page.click("[data-scan-start]")
        expect(page.locator("[data-scan-stop]")).to_be_visible()
        return page.locator("[data-scan-torch]").is_visible()

    def with_one(page: Page):
        page.click("[data-scan-start]")
        page.click("[data-scan-torch]")
        expect(page.locator("[data-scan-torch]")).to_have_attribute("aria-pressed", "true")
        return page.evaluate("window.wished")

    assert on_phone(without) is False
    assert on_phone(with_one, script=WITH_TORCH) == {"advanced": [{"torch": True}]}


def test_a_camera_that_cannot_open_says_why_and_what_else_there_is(on_phone):
    def story(page: Page):
        page.click("[data-scan-start]")
        told = page.locator("[data-scan-status]")
        expect(told).to_contain_text("16位字符")
        again = page.locator("[data-scan-start]").is_visible() and page.locator("#scan-text").is_visible()
        return told.inner_text() if again else None

    words = {
        REFUSED % "NotAllowedError": "相机没有获得允许",
        REFUSED % "NotFoundError": "没有可用的相机",
        REFUSED % "NotReadableError": "正被别的程序使用",
        NO_CAMERA_API: "不能在网页里打开相机",
        INSECURE: "不是 https 开头",
    }
    told = {script: on_phone(story, script=script) for script in words}
    assert [words[script] for script in words if words[script] not in told[script]] == []


def test_a_reader_that_does_not_arrive_is_told_and_asked_for_again(on_phone, label, film, reader):
    fake_camera.film(film, by_hand(label))

    def story(page: Page):
        page.route("**/ponyfill.js", lambda route: route.abort())
        page.click("[data-scan-start]")
        expect(page.locator("[data-scan-status]")).to_contain_text("识别程序没有载入", timeout=15_000)
        page.unroute("**/ponyfill.js")
        page.click("[data-scan-start]")
        page.wait_for_url("**/m/visit/code/*/", timeout=15_000)

    on_phone(story)


def test_without_network_the_code_goes_to_the_form_that_the_phone_keeps(on_phone, label, code, film, reader):
    """Online by the phone's own word, and yet nothing answers: the ping decides."""
    fake_camera.film(film, by_hand(label))
    token = rules.token_for(code.secret)

    def story(page: Page):
        page.route("**/healthz", lambda route: route.abort())
        page.route("**/m/visit/offline/**", lambda route: route.fulfill(body="kept on the phone"))
        page.click("[data-scan-start]")
        page.wait_for_url("**/m/visit/offline/**", timeout=15_000)
        return page.url

    assert on_phone(story).endswith(f"/m/visit/offline/?code={token}")


def test_without_scripts_the_code_can_be_typed(on_phone, shop, code):
    def story(page: Page):
        offered = page.locator("[data-scan]").is_visible()
        page.fill("#scan-text", rules.short_code(rules.token_for(code.secret)).lower())
        page.click("[data-scan-form] button")
        return offered, shop.name in page.locator("body").inner_text()

    assert on_phone(story, java_script_enabled=False) == (False, True)


def test_only_the_scan_page_may_compile_webassembly(cast, web):
    client = web(cast.officer)
    policies = {path: client.get(path)["Content-Security-Policy"] for path in ("/m/", "/m/scan/", "/m/me/")}
    assert [path for path, policy in policies.items() if "wasm" in policy] == ["/m/scan/"]
