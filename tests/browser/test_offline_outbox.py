"""The outbox page: what each item says, what may be done, whose it is, and what leaves the phone as a file."""

import json
import uuid
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections
from playwright.sync_api import expect, sync_playwright

from accounts.roles import Role
from tests import factories as make
from tests.browser.phone import Phone, Site, label, real_passwords, shops_of, wait_until
from tests.visits.register.test_rules_code import ALPHABET
from visits.models import Visit, VisitPhoto
from visits.register import rules_code

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
expect.set_options(timeout=30_000)  # two cores, shared with everything else that runs

# Removing the cookie would not do: an answer still on its way, the day's list or a frame, may bring it back.
NO_TOKEN_ONCE = """() => {
  const real = Object.getOwnPropertyDescriptor(Document.prototype, "cookie");
  let isFirst = true;
  Object.defineProperty(document, "cookie", { configurable: true, get: () => {
    if (!isFirst) return real.get.call(document);
    isFirst = false;
    return "";
  } });
}"""


@pytest.fixture(autouse=True)
def _orm_beside_the_browser(monkeypatch) -> None:
    """Playwright keeps an event loop running in this thread, which makes Django fear for its connections."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


@pytest.fixture(scope="module")
def made_site(tmp_path_factory, django_db_setup) -> Site:
    site = Site(tmp_path_factory.mktemp("site"))
    yield site
    site.kill()


@pytest.fixture
def site(made_site, cast) -> Site:
    real_passwords()
    made_site.start()
    return made_site


@pytest.fixture
def phone(chromium, site, tmp_path) -> Phone:
    with sync_playwright() as play:
        it = Phone(play, chromium, tmp_path / "profile", site.url)
        yield it
        it.off()
        connections.close_all()


def test_a_refused_visit_says_why_is_not_tried_again_and_goes_only_when_told(cast, site, phone):
    page = phone.ready()
    site.kill()
    page.goto("/m/visit/offline/?text=91350100M000100Y43")  # a valid code that nobody has registered
    page.locator("form[data-ready]").wait_for()
    page.click(".outcome:has([value=no_need])")
    page.click("button[form=visit-form]")
    page.wait_for_url("**/m/outbox/?saved=*")
    site.start()
    phone.send_all()
    label(page, "refused").to_have_count(1)
    expect(page.locator("[data-outbox-sentence]")).to_contain_text("没有找到,或您无权查看。")
    for _ in range(3):
        page.goto("/m/outbox/")
        label(page, "refused").to_have_count(1)
        page.evaluate("window.dispatchEvent(new Event('online'))")
    assert phone.answered == [("/api/v1/visits/", 404)]
    page.click("[data-outbox-drop]")
    page.click("dialog [value='']")
    label(page, "refused").to_have_count(1)
    page.click("[data-outbox-drop]")
    page.click("dialog [value=go]")
    label(page, "refused").to_have_count(0)
    assert phone.items() == []


def test_a_refused_visit_is_mended_in_the_form_and_sent_again(cast, site, phone):
    (shop,) = shops_of(cast.officer, 1)
    page = phone.ready()
    page.route("**/api/v1/visits/", lambda route: route.fulfill(
        status=400, json={"code": "invalid", "detail": "提交的内容有误,请按提示修改。", "fields": {"note": "备注太长。"}}))  # fmt: skip
    phone.visit(shop, note="第一稿")
    expect(page.locator("[data-told]")).to_have_text("备注太长。")
    page.goto("/m/outbox/")
    page.unroute("**/api/v1/visits/")
    page.click("[data-outbox-mend]")
    page.locator("form[data-ready]").wait_for()
    assert page.input_value("[name=note]") == "第一稿"
    page.fill("[name=note]", "第二稿")
    page.click("button[form=visit-form]")
    page.wait_for_url("**/m/visits/*/?done=1")
    assert (Visit.objects.get().note, len(phone.items())) == ("第二稿", 1)


@pytest.mark.parametrize(
    ("status", "body"),
    [(500, "{}"), (429, '{"code": "too_many_requests", "detail": "x"}'), (200, "<html>酒店的登录页</html>"), (409, '{"code": "idempotency_in_flight"}')],
)  # fmt: skip
def test_what_is_no_answer_of_ours_or_passes_leaves_the_visit_waiting(cast, site, phone, status, body):
    (shop,) = shops_of(cast.officer, 1)
    page = phone.ready()
    page.route(
        "**/api/v1/visits/",
        lambda route: route.fulfill(status=status, body=body, headers={"Retry-After": "120"}),
    )
    phone.visit_offline(shop)
    wait_until(lambda: phone.items()[0]["state"] == "waiting")
    (item,) = phone.items()
    if status != 200:  # a page of somebody else's says nothing about when
        assert item["next_at"] - page.evaluate("Date.now()") > 90_000
    page.unroute("**/api/v1/visits/")
    phone.send_all()
    label(page, "received").to_have_count(1)
    assert Visit.objects.count() == 1


def test_photos_follow_their_visit(cast, site, phone, tmp_path):
    from PIL import Image

    path = tmp_path / "door.jpg"
    Image.effect_noise((900, 700), 80).save(path, "JPEG")
    (shop,) = shops_of(cast.officer, 1)
    page = phone.ready()
    site.kill()
    page.goto(f"/m/visit/{shop.credit_code}/")
    page.locator("form[data-ready]").wait_for()
    page.click(".outcome:has([value=no_need])")
    page.set_input_files("[name=photos]", [str(path)])
    expect(page.locator("[data-photos-list] li")).to_have_count(1)
    page.click("button[form=visit-form]")
    page.wait_for_url("**/m/outbox/?saved=*")
    assert len(phone.items("photos")) == 1
    site.start()
    phone.send_all()
    label(page, "received").to_have_count(1)
    assert (VisitPhoto.objects.get().visit, phone.items("photos")) == (Visit.objects.get(), [])


def test_every_officer_page_tells_how_many_wait_and_for_how_long(cast, site, phone):
    shops = shops_of(cast.officer, 2)
    page = phone.ready()
    site.kill()
    for shop in shops:
        phone.visit_offline(shop)
    page.goto("/m/")
    expect(page.locator("[data-outbox-count]")).to_have_text("2 待传")
    expect(page.locator("[data-outbox-age]")).to_have_text("刚刚")
    expect(page.locator("[data-outbox-mark]")).to_have_attribute(
        "aria-label", "2 条走访待传,最早一条:刚刚;点开查看"
    )


def test_signing_out_warns_of_what_waits_and_then_leaves_nothing(cast, site, phone):
    (shop,) = shops_of(cast.officer, 1)
    page = phone.ready()
    page.route("**/api/v1/visits/", lambda route: route.abort())
    phone.visit_offline(shop)
    page.goto("/m/me/")
    page.click("form[action='/sign-out/'] button")
    expect(page.locator("dialog h2")).to_have_text("还有 1 条走访没有上传")
    page.click("dialog [value='']")
    assert (len(phone.items()), page.url.endswith("/m/me/")) == (1, True)
    page.click("form[action='/sign-out/'] button")
    page.click("dialog [value=go]")
    page.wait_for_url("**/sign-in/")
    stores = {name: phone.items(name) for name in ("outbox", "photos", "drafts", "day", "meta")}
    assert (stores, phone.kept_pages()) == ({name: [] for name in stores}, [])
    page.goto("/m/")
    assert "/sign-in/" in page.url


def test_signing_out_without_network_keeps_everything(cast, site, phone):
    shops_of(cast.officer, 1)
    page = phone.ready()
    page.goto("/m/me/")
    site.kill()
    page.click("form[action='/sign-out/'] button")
    expect(page.locator("dialog h2")).to_have_text("没有网络,还没有退出")
    assert len(phone.items("day")) == 1


def test_somebody_else_on_the_phone_neither_sees_nor_sends_what_waits(cast, site, phone):
    (shop,) = shops_of(cast.officer, 1)
    page = phone.ready()
    site.kill()
    phone.visit_offline(shop)
    phone.context.clear_cookies(name="sessionid")
    site.start()
    phone.sign_in("officer2", then="/m/outbox/")
    expect(page.locator("[data-outbox-others]")).to_contain_text("还有他人没有上传的 1 条走访")
    assert shop.name not in page.content()
    page.goto("/m/me/")
    page.click("form[action='/sign-out/'] button")
    expect(page.locator("dialog .choice")).to_contain_text("一并清除他人没有上传的 1 条")
    page.click("dialog [value=go]")
    page.wait_for_url("**/sign-in/")
    assert (Visit.objects.count(), len(phone.items())) == (0, 1)
    phone.sign_in("officer", then="/m/outbox/")
    label(page, "received").to_have_count(1)
    assert Visit.objects.get().officer == cast.officer


def test_a_page_opened_before_somebody_else_signed_in_books_nothing_on_them(cast, site, phone):
    (shop,) = shops_of(cast.officer, 1)
    page = phone.ready()
    page.goto(f"/m/visit/{shop.credit_code}/")
    page.locator("form[data-ready]").wait_for()
    page.click(".outcome:has([value=no_need])")
    other = phone.context.new_page()
    phone.context.clear_cookies(name="sessionid")
    other.goto("/sign-in/")
    other.fill("[name=username]", "officer2")
    other.fill("[name=password]", make.PASSWORD)
    other.click("main button[type=submit]")
    other.wait_for_url("**/m/")
    page.click("button[form=visit-form]")
    page.wait_for_url("**/m/outbox/?saved=*")
    assert ("/api/v1/visits/", 409) in phone.answered
    assert (Visit.objects.count(), phone.items()[0]["officer"]) == (0, str(cast.officer.pk))


def test_a_token_that_is_gone_or_old_is_fetched_anew(cast, site, phone):
    (shop,) = shops_of(cast.officer, 1)
    page = phone.ready()
    page.goto(f"/m/visit/{shop.credit_code}/")
    page.locator("form[data-ready]").wait_for()
    page.evaluate(f"({NO_TOKEN_ONCE})()")
    page.click(".outcome:has([value=no_need])")
    page.click("button[form=visit-form]")
    page.wait_for_url("**/m/visits/*/?done=1")
    assert [status for _path, status in phone.answered] == [403, 201]


def test_the_file_a_phone_hands_out_is_taken_at_a_desk_with_none_lost_and_none_doubled(
    cast, site, phone, web
):
    shops = shops_of(cast.officer, 5)
    page = phone.ready()
    site.kill()
    for shop in shops:
        phone.visit_offline(shop)
    with page.expect_download() as handed_out:
        page.click("[data-outbox-export]")
    raw = Path(handed_out.value.path()).read_bytes()
    assert handed_out.value.suggested_filename.endswith("-officer.json")
    assert (len(json.loads(json.loads(raw)["contents"])["visits"]), len(json.loads(raw)["seal"])) == (5, 64)
    for new, there in ((5, 0), (0, 5)):
        answer = (
            web(cast.panel)
            .post("/outbox/import/", {"file": SimpleUploadedFile("x.json", raw)})
            .content.decode()
        )
        assert (f"新登记 {new} 条" in answer, f"早已收到 {there} 条" in answer) == (True, True)
    site.start()
    phone.send_all()  # the phone finds its network again and knows nothing of the desk
    label(page, "received").to_have_count(5)
    assert {str(pk) for pk in Visit.objects.values_list("pk", flat=True)} == {
        item["id"] for item in phone.items()
    }
    assert set(Visit.objects.values_list("channel", "imported_by__username")) == {("file", "panel")}


def test_the_phone_reads_credit_codes_as_the_server_does(cast, site, phone):
    page = phone.sign_in()
    made = [f"91310115MA{body}" for body in ("10001800", "10004120", "1000180Y", "1G4L1WXK", "5F5C0H5T")]
    near = ["91350100M000100Y43"[:place] + letter + "91350100M000100Y43"[place + 1 :] for place in (0, 3, 9, 17) for letter in ALPHABET + "IOZSV"]  # fmt: skip
    given = "91350100M000100Y43 91512081MA62K0260E 91350100M000100Y4Z 310115000000015 310115000000001 91310000x07224410R".split()
    raw = [
        *given,
        *made,
        *near,
        "９１３５０１００Ｍ０００１００Ｙ４３",
        " 913501 00-M000 100Y43\u3000",
        "91350100—M000100Y4—3",
        "",
        "无",
    ]
    told = page.evaluate(
        """async (raw) => {
          const address = [...performance.getEntriesByType("resource")].map((one) => one.name).find((name) => name.includes("credit-code"))
            ?? "/static/credit-code.js";
          const { normalise, isValid, isValidLegacy } = await import(address);
          return raw.map(normalise).map((text) => [text, isValid(text) || isValidLegacy(text)]);
        }""",
        raw,
    )
    said = [rules_code.normalise(text) for text in raw]
    assert told == [[text, rules_code.is_valid(text) or rules_code.is_valid_legacy(text)] for text in said]
    assert sum(is_valid for _text, is_valid in told) >= 9


def test_a_uuid_of_the_phone_is_one_without_https_too(cast, site, phone):
    page = phone.sign_in()
    made = page.evaluate(
        """async () => {
          const { newId } = await import("/static/outbox/who.js");
          Object.defineProperty(crypto, "randomUUID", { value: undefined, configurable: true });
          return Array.from({ length: 50 }, newId);
        }"""
    )
    assert ({uuid.UUID(one).version for one in made}, len(set(made))) == ({4}, 50)


@pytest.mark.parametrize("width", [320, 360])
def test_the_outbox_fits_the_screen_with_long_names(cast, site, phone, width):
    shops = shops_of(cast.officer, 1)
    shops[0].name = "上海同心圆示范网络科技信息技术服务有限责任公司徐汇第一分公司"
    shops[0].save()
    page = phone.ready()
    page.set_viewport_size({"width": width, "height": 740})
    site.kill()
    phone.visit_offline(shops[0])
    for path in ("/m/outbox/", "/m/", f"/m/visit/{shops[0].credit_code}/", "/m/visit/offline/"):
        page.goto(path)
        assert (path, page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")) == (path, 0)  # fmt: skip


def test_the_officer_brings_their_own_file_on_a_computer(cast, web):
    page = web(make.user("officer", Role.FIELD_OFFICER, cast.branch)).get("/outbox/import/")
    assert (page.status_code, "导入待传文件" in page.content.decode()) == (200, True)
