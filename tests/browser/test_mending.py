"""What may go wrong between a visit in the phone and its answer: storage that fails, forms opened twice, drafts of
another day, visits sent back. One visit made is one visit recorded, as it was made."""

import os
from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone
from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.phone import LOOK, Phone, Site, label, real_passwords, shops_of, wait_until
from visits.codes.rules import token_for
from visits.codes.services import issue_code, revoke
from visits.models import Visit, VisitPhoto

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
expect.set_options(timeout=20_000)

# Changes one row of a store, as time or an older version would have left it.
EDIT = """([store, key, changes]) => new Promise((resolve) => {
  const request = indexedDB.open("doorstep");
  request.onsuccess = () => {
    const db = request.result, change = db.transaction(store, "readwrite"), rows = change.objectStore(store);
    rows.get(key).onsuccess = (event) => { rows.put(Object.assign(event.target.result, changes)); };
    change.oncomplete = () => { db.close(); resolve(); };
  };
})"""
FULL = "() => { IDBObjectStore.prototype.put = () => { throw new DOMException('full', 'QuotaExceededError'); }; }"
FULL_ONCE_KEPT = """() => { const put = IDBObjectStore.prototype.put;
  IDBObjectStore.prototype.put = function (row) {
    if (this.name === "outbox" && row.state === "sending") throw new DOMException("full", "QuotaExceededError");
    return put.apply(this, arguments);
  }; }"""
REFUSAL = {"code": "invalid", "detail": "提交的内容有误。", "fields": {"note": "备注太长。"}}


class Tabs(Phone):
    """A phone that shares its Chromium with the tests before and after it, and nothing else."""

    def __init__(self, browser: Browser, url: str) -> None:
        self.browser, self.url = browser, url
        self.on()

    def on(self) -> Page:
        self.context = self.browser.new_context(base_url=self.url, accept_downloads=True, **LOOK)
        self.page, self.answered = self.context.new_page(), []
        self.context.on("response", self._note)
        return self.page

    def open(self, address: str, page: Page | None = None) -> Page:
        """The visit form at an address, with its modules at work."""
        page = page or self.page
        page.goto(address)
        page.locator("form[data-ready]").wait_for()
        return page

    def refused(self, shop, **filled) -> Page:
        """A visit that the server sent back, and the server willing again."""
        refuse = lambda route: route.fulfill(status=400, json=REFUSAL)  # noqa: E731
        self.page.route("**/api/v1/visits/", refuse)
        self.visit(shop, **filled)
        expect(self.page.locator("[data-told]")).to_have_text("备注太长。")
        self.page.unroute("**/api/v1/visits/")
        return self.page

    def edit(self, store: str, key: str, **changes) -> None:
        self.page.evaluate(EDIT, [store, key, changes])


@pytest.fixture(scope="module")
def made_site(tmp_path_factory, django_db_setup) -> Site:
    site = Site(tmp_path_factory.mktemp("site"))
    yield site
    site.kill()


@pytest.fixture(scope="module")
def browser(chromium) -> Browser:
    """Playwright keeps an event loop running in this thread, which makes Django fear for its connections."""
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as play:
        it = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield it
        it.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def site(made_site, cast) -> Site:
    real_passwords()
    made_site.start()
    return made_site


@pytest.fixture
def phone(browser, site) -> Tabs:
    it = Tabs(browser, site.url)
    yield it
    it.off()
    connections.close_all()


def form_at(shop) -> str:
    return f"/m/visit/{shop.credit_code}/"


def photo(folder, name: str = "door.jpg") -> str:
    Image.effect_noise((500, 400), 80).save(folder / name, "JPEG")
    return str(folder / name)


def choose(page: Page, outcome: str = "no_need", note: str = "") -> None:
    page.click(f".outcome:has([value={outcome}])")
    if note:
        page.fill("[name=note]", note)


def submit(page: Page) -> None:
    page.click("button[form=visit-form]")


def saved(page: Page) -> None:
    submit(page)
    page.wait_for_url("**/m/outbox/?saved=*")


# ---- Storage that fails ----
def test_a_visit_in_the_phone_is_never_sent_as_a_plain_form_besides(cast, site, phone):
    (shop,) = shops_of(cast.officer, 1)
    page = phone.ready()
    phone.open(form_at(shop))
    page.evaluate(FULL_ONCE_KEPT)
    choose(page)
    saved(page)
    label(page, "received").to_have_count(1)
    assert str(Visit.objects.get().pk) == phone.items()[0]["id"]


def test_a_full_phone_on_a_kept_page_keeps_the_form_and_says_so(cast, site, phone):
    (shop,) = shops_of(cast.officer, 1)
    page = phone.ready()
    site.kill()
    for address in (form_at(shop), f"/m/visit/offline/?text={shop.credit_code}"):
        phone.open(address)
        page.evaluate(FULL)
        choose(page, note="写了一分钟")
        submit(page)
        expect(page.locator("[data-form-sentence]")).to_contain_text("请勿关闭本页")
        assert page.input_value("[name=note]") == "写了一分钟"
        expect(page.locator("button[form=visit-form]")).to_be_enabled()
    site.start()
    submit(page)
    expect(page.locator("button[form=visit-form]")).to_have_attribute("aria-busy", "false")
    assert Visit.objects.count() == 0


def test_a_full_phone_with_network_sends_the_form_under_the_id_the_phone_gave(cast, site, phone):
    (shop,) = shops_of(cast.officer, 1)
    page = phone.ready()
    phone.open(form_at(shop))
    given = page.input_value("#visit-form [name=id]")
    page.evaluate(FULL)
    choose(page)
    submit(page)
    page.wait_for_url("**/m/visits/*/?done=1")
    assert str(Visit.objects.get().pk) != given
    assert abs(Visit.objects.get().started_at - timezone.now()) < timedelta(minutes=1)


def test_a_lost_connection_to_the_storage_is_opened_anew(cast, site, phone):
    (shop,) = shops_of(cast.officer, 1)
    page = phone.ready()
    phone.open(form_at(shop))
    page.evaluate("""() => { const begin = IDBDatabase.prototype.transaction; let dead;
      IDBDatabase.prototype.transaction = function () { dead ??= this;
        if (dead === this) throw new DOMException("The database connection is closing.", "InvalidStateError");
        return begin.apply(this, arguments); }; }""")
    choose(page)
    submit(page)
    page.wait_for_url("**/m/visits/*/?done=1")
    assert Visit.objects.get().channel == "form"
    assert len(phone.items()) == 1


# ---- One id, one visit ----
def test_a_draft_sent_from_another_tab_is_not_written_over_by_the_next_visit(cast, site, phone):
    (shop,) = shops_of(cast.officer, 1)
    page = phone.ready()
    site.kill()
    phone.open(form_at(shop))
    choose(page, "unreachable", "第一次")
    wait_until(lambda: "第一次" in str(phone.items("drafts")))
    second = phone.open(form_at(shop), phone.context.new_page())
    expect(second.locator("[data-draft]")).to_contain_text("已恢复")
    saved(second)
    page.fill("[name=note]", "又碰了一下")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.wait_for_timeout(800)
    assert phone.items("drafts") == []
    phone.open(form_at(shop), second)
    choose(second, note="第二次")
    submit(second)
    second.click("dialog [value=go]")
    second.wait_for_url("**/m/outbox/?saved=*")
    submit(page)  # the first tab still holds the id of the first visit
    page.click("dialog [value=go]")
    page.wait_for_url("**/m/outbox/?saved=*")
    assert [one["body"]["note"] for one in sorted(phone.items(), key=lambda one: one["made_at"])] == [
        "第一次", "第二次", "又碰了一下",
    ]  # fmt: skip


def test_mending_left_halfway_takes_nothing_away(cast, site, phone):
    (shop,) = shops_of(cast.officer, 1)
    page = phone.ready()
    phone.refused(shop, note="第一次")
    page.goto("/m/outbox/")
    page.click("[data-outbox-mend]")
    page.locator("form[data-ready]").wait_for()
    page.fill("[name=note]", "改到一半")
    page.wait_for_timeout(800)
    page.goto("/m/outbox/")
    site.kill()
    phone.open(form_at(shop))
    choose(page, "unreachable", "第二次")
    submit(page)
    expect(page.locator("dialog")).to_contain_text("退回")
    page.click("dialog [value=go]")
    page.wait_for_url("**/m/outbox/?saved=*")
    assert sorted((one["state"] == "refused", one["body"]["note"]) for one in phone.items()) == [
        (False, "第二次"), (True, "第一次"),
    ]  # fmt: skip


def test_clearing_a_draft_clears_it(cast, site, phone):
    (shop,) = shops_of(cast.officer, 1)
    page = phone.ready()
    phone.open(form_at(shop))
    choose(page, "refused", "旧的")
    wait_until(lambda: "旧的" in str(phone.items("drafts")))
    phone.open(form_at(shop))
    page.fill("[name=note]", "旧的,又改")
    with page.expect_navigation():
        page.click("[data-draft] button")
    page.locator("form[data-ready]").wait_for()
    assert page.input_value("[name=note]") == ""


def test_without_a_worker_a_kept_visit_is_not_made_again_by_another_tap(cast, site, phone):
    (shop,) = shops_of(cast.officer, 1)
    page = phone.ready()
    phone.open(form_at(shop))
    page.evaluate("Object.defineProperty(navigator.serviceWorker, 'controller', { get: () => null })")
    choose(page)
    site.kill()
    submit(page)
    expect(page.locator("[data-form-sentence]")).to_contain_text("已存在手机里")
    site.start()
    page.evaluate("window.dispatchEvent(new Event('online'))")
    wait_until(lambda: Visit.objects.count() == 1)
    expect(page.locator("button[form=visit-form]")).to_be_disabled()
    page.evaluate("document.querySelector('#visit-form').requestSubmit()")
    page.wait_for_timeout(500)
    assert len(phone.items()) == 1


def test_an_id_the_server_knows_is_asked_about_before_a_new_one_and_the_photos_come_along(
    cast, site, phone, tmp_path
):
    (shop,) = shops_of(cast.officer, 1)
    page = phone.ready()
    reused = {"code": "visit_id_reused", "detail": "编号已用过。", "fields": {}}
    page.route("**/api/v1/visits/", lambda route: route.fulfill(status=409, json=reused))
    phone.open(form_at(shop))
    choose(page)
    page.set_input_files("[name=photos]", [photo(tmp_path)])
    expect(page.locator("[data-photos-list] li")).to_have_count(1)
    submit(page)
    expect(page.locator("[data-form-sentence]")).to_contain_text("编号已用过")
    page.unroute("**/api/v1/visits/")
    (first,) = phone.items()
    phone.open(f"{form_at(shop)}?mend={first['id']}")
    submit(page)
    page.click("dialog [value='']")
    assert [one["id"] for one in phone.items()] == [first["id"]]
    submit(page)
    page.click("dialog [value=go]")
    page.wait_for_url("**/m/visits/*/?done=1")
    wait_until(lambda: VisitPhoto.objects.count() == 1)
    assert str(Visit.objects.get().pk) != first["id"]
    assert [one["id"] for one in phone.items()] == [str(Visit.objects.get().pk)]


def test_sent_again_from_the_form_a_photo_is_one_photo_and_a_fourth_is_refused(cast, site, phone, tmp_path):
    (shop,) = shops_of(cast.officer, 1)
    page = phone.ready()
    files = [photo(tmp_path, f"{number}.jpg") for number in range(3)]
    page.route("**/api/v1/visits/", lambda route: route.fulfill(status=400, json=REFUSAL))
    phone.open(form_at(shop))
    choose(page)
    page.set_input_files("[name=photos]", files[:2])
    expect(page.locator("[data-photos-list] li")).to_have_count(2)
    for _ in range(2):
        submit(page)
        expect(page.locator("[data-told]")).to_have_text("备注太长。")
    assert len(phone.items("photos")) == 2
    phone.open(f"{form_at(shop)}?mend={phone.items()[0]['id']}")
    page.set_input_files("[name=photos]", files[1:])
    expect(page.locator("[data-photos-list] li")).to_have_count(2)
    submit(page)
    expect(page.locator("[data-told]")).to_contain_text("已存有 2 张照片")
    assert len(phone.items("photos")) == 2


# ---- What was said stays when it was said ----
def test_mending_moves_neither_the_visit_nor_the_signed_notice_to_today(cast, site, phone):
    (shop,) = shops_of(cast.officer, 1)
    page = phone.ready()
    site.kill()
    phone.open(form_at(shop))
    choose(page, "need")
    page.fill("[name=signed_name]", "王某")
    page.locator("[name=scopes]").first.check(force=True)
    saved(page)
    (item,) = phone.items()
    times = {"started_at": "2026-11-18T02:00:00.000Z", "ended_at": "2026-11-18T02:05:00.000Z"}
    body = item["body"] | times | {"consent": item["body"]["consent"] | {"notice_version": "OLD-1"}}
    problem = {"code": "invalid", "sentence": "x", "fields": {}}
    phone.edit(
        "outbox", item["id"], body=body, made_at=item["made_at"] - 3600_000, state="refused", problem=problem
    )
    phone.open(f"{form_at(shop)}?mend={item['id']}")
    saved(page)
    (mended,) = phone.items()
    assert {name: mended["body"][name] for name in times} == times
    assert mended["body"]["consent"]["notice_version"] == "OLD-1"
    assert mended["made_at"] == item["made_at"] - 3600_000  # still late when it is sent


def test_a_draft_of_another_day_comes_back_as_a_new_visit_without_what_the_owner_signed(cast, site, phone):
    (shop,) = shops_of(cast.officer, 1)
    page = phone.ready()
    phone.open(form_at(shop))
    choose(page, "need", "老板周四在")
    page.fill("[name=signed_name]", "王某")
    page.locator("[name=scopes]").first.check(force=True)
    wait_until(lambda: "王某" in str(phone.items("drafts")))
    page.goto("/m/scan/")
    (draft,) = phone.items("drafts")
    then = timezone.now() - timedelta(days=2)
    phone.edit("drafts", draft["key"], started_at=then.isoformat(), at=int(then.timestamp() * 1000))
    phone.open(form_at(shop))
    expect(page.locator("[data-draft]")).to_contain_text("重新勾选、签名")
    assert (page.input_value("[name=note]"), page.input_value("[name=signed_name]")) == ("老板周四在", "")
    expect(page.locator("[name=scopes]").first).not_to_be_checked()
    submit(page)
    page.wait_for_url("**/m/visits/*/?done=1")
    visit = Visit.objects.get()
    assert timezone.now() - visit.started_at < timedelta(minutes=2)
    assert str(visit.pk) != draft["id"]


def test_a_draft_of_this_visit_comes_back_whole_but_not_under_another_notice(cast, site, phone):
    (shop,) = shops_of(cast.officer, 1)
    page = phone.ready()
    phone.open(form_at(shop))
    choose(page, "need")
    page.fill("[name=signed_name]", "王某")
    wait_until(lambda: "王某" in str(phone.items("drafts")))
    phone.open(form_at(shop))
    assert page.input_value("[name=signed_name]") == "王某"
    page.goto("/m/scan/")
    phone.edit("drafts", phone.items("drafts")[0]["key"], notice_version="OLD-1")
    phone.open(form_at(shop))
    expect(page.locator("[data-draft]")).to_contain_text("重新勾选、签名")
    assert page.input_value("[name=signed_name]") == ""


# ---- Sending ----
def test_a_photo_that_does_not_get_through_holds_no_later_visit(cast, site, phone, tmp_path):
    shops = shops_of(cast.officer, 3)
    page = phone.ready()
    site.kill()
    phone.open(form_at(shops[0]))
    choose(page)
    page.set_input_files("[name=photos]", [photo(tmp_path)])
    expect(page.locator("[data-photos-list] li")).to_have_count(1)
    saved(page)
    for shop in shops[1:]:
        phone.visit_offline(shop)
    page.route("**/photos/**", lambda route: route.abort())
    site.start()
    phone.send_all()
    wait_until(lambda: Visit.objects.count() == 3)
    label(page, "received").to_have_count(2)
    label(page, "waiting").to_contain_text("照片待传")


def test_a_visit_whose_request_breaks_off_holds_no_other(cast, site, phone):
    shops = shops_of(cast.officer, 2)
    page = phone.ready()
    site.kill()
    for shop in shops:
        phone.visit_offline(shop)
    stuck = min(phone.items(), key=lambda one: one["made_at"])["id"]
    page.route(
        "**/api/v1/visits/",
        lambda route: route.abort() if stuck in route.request.post_data else route.continue_(),
    )
    site.start()
    phone.send_all()
    label(page, "received").to_have_count(1)
    assert str(Visit.objects.get().pk) != stuck


def test_a_photo_that_broke_off_on_the_way_is_sent_again(cast, site, phone, tmp_path):
    (shop,) = shops_of(cast.officer, 1)
    page = phone.ready()
    broken = {"code": "photo_incomplete", "detail": "没有传完整。", "fields": {}}
    page.route("**/photos/**", lambda route: route.fulfill(status=400, json=broken))
    phone.open(form_at(shop))
    choose(page)
    page.set_input_files("[name=photos]", [photo(tmp_path)])
    expect(page.locator("[data-photos-list] li")).to_have_count(1)
    submit(page)
    page.wait_for_url("**/m/visits/*/?done=1")
    assert phone.items()[0]["state"] == "waiting"
    page.unroute("**/photos/**")
    page.goto("/m/outbox/")
    phone.send_all()
    label(page, "received").to_have_count(1)
    assert VisitPhoto.objects.count() == 1


def test_a_clock_set_back_does_not_make_visits_wait_for_days(cast, site, phone):
    (shop,) = shops_of(cast.officer, 1)
    page = phone.ready()
    page.route("**/api/v1/visits/", lambda route: route.fulfill(status=500, body="{}"))
    phone.visit_offline(shop)
    wait_until(lambda: phone.items()[0]["state"] == "waiting")
    page.unroute("**/api/v1/visits/")
    (item,) = phone.items()
    phone.edit("outbox", item["id"], next_at=page.evaluate("Date.now()") + 3 * 86_400_000)
    page.goto("/m/")
    wait_until(lambda: Visit.objects.count() == 1)


def test_a_visit_made_without_network_waits_until_it_is_late_enough_to_be_kept_against_protection(
    cast, site, phone
):
    (shop,) = shops_of(cast.officer, 1)
    page = phone.ready()
    site.kill()
    phone.visit_offline(shop)
    against = {"code": "visit_refused_by_protection", "detail": "勿扰。", "fields": {}, "marks": []}
    page.route("**/api/v1/visits/", lambda route: route.fulfill(status=422, json=against))
    site.start()
    phone.send_all()
    wait_until(lambda: phone.items()[0].get("cause") == "fault")
    (item,) = phone.items()
    assert item["state"] == "waiting"
    assert 9 * 60_000 < item["next_at"] - item["made_at"] < 11 * 60_000


# ---- Doors ----
def test_a_visit_on_a_revoked_sheet_can_be_mended_for_the_firm_that_is_there(cast, site, phone):
    (shop,) = shops_of(cast.officer, 1)
    code = issue_code(subject=shop, by=cast.panel, now=timezone.now() - timedelta(days=2))
    revoke(code=code, by=cast.panel, now=timezone.now() - timedelta(days=1), reason="遗失")
    page = phone.ready()
    site.kill()
    phone.open(f"/q/{token_for(code.secret)}/")
    choose(page, note="写了一分钟")
    saved(page)
    (item,) = phone.items()
    site.start()
    phone.send_all()
    label(page, "refused").to_have_count(1)
    page.click("[data-outbox-mend]")
    page.fill("#ask-text", shop.credit_code)
    page.click("[data-ask-code] button")
    page.locator("form[data-ready]").wait_for()
    assert page.input_value("[name=note]") == "写了一分钟"
    submit(page)
    page.wait_for_url("**/m/visits/*/?done=1")
    assert (str(Visit.objects.get().pk), Visit.objects.get().business) == (item["id"], shop)


def test_a_code_typed_without_network_counts_as_typed(cast, site, phone):
    (shop,) = shops_of(cast.officer, 1)
    code = issue_code(subject=shop, by=cast.panel, now=timezone.now())
    page = phone.ready()
    page.goto("/m/scan/")
    phone.context.set_offline(True)
    site.kill()
    page.fill("#scan-text", token_for(code.secret))
    page.click("[data-scan-form] button")
    page.locator("form[data-ready]").wait_for()
    choose(page)
    saved(page)
    phone.context.set_offline(False)
    site.start()
    phone.send_all()
    wait_until(lambda: Visit.objects.count() == 1)
    assert Visit.objects.get().is_code_typed


def test_a_typed_code_stays_typed_when_the_visit_is_mended(cast, site, phone):
    (shop,) = shops_of(cast.officer, 1)
    code = issue_code(subject=shop, by=cast.panel, now=timezone.now())
    page = phone.ready()
    page.route("**/api/v1/visits/", lambda route: route.fulfill(status=400, json=REFUSAL))
    phone.open(f"/m/visit/code/{token_for(code.secret)}/?typed=1")
    choose(page)
    submit(page)
    expect(page.locator("[data-told]")).to_have_text("备注太长。")
    page.unroute("**/api/v1/visits/")
    page.goto("/m/outbox/")
    page.click("[data-outbox-mend]")
    page.locator("form[data-ready]").wait_for()
    submit(page)
    page.wait_for_url("**/m/visits/*/?done=1")
    assert Visit.objects.get().is_code_typed


def test_a_photo_comes_back_with_the_draft_and_one_tap_alone_is_no_draft(cast, site, phone, tmp_path):
    (shop,) = shops_of(cast.officer, 1)
    page = phone.ready()
    phone.open(form_at(shop))
    page.locator("form[data-ready]").wait_for()
    choose(page, "no_need")
    page.wait_for_timeout(800)
    assert phone.items("drafts") == []
    page.set_input_files("[name=photos]", [photo(tmp_path)])
    expect(page.locator("[data-photos-list] li")).to_have_count(1)
    wait_until(lambda: phone.items("drafts") and phone.items("drafts")[0]["photos"])
    page.reload()
    expect(page.locator("[data-draft]")).to_contain_text("已恢复")
    expect(page.locator("[data-photos-list] li")).to_have_count(1)
