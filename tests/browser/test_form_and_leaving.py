"""The visit form tells what is wrong where a person sees and hears it; signing out and handing out a file keep their word."""

import json
import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connections
from django.utils import timezone
from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.phone import Site, label, real_passwords, shops_of, wait_until
from tests.browser.test_mending import Tabs, photo
from visits.models import Visit, VisitPhoto
from visits.protection.services import ask_do_not_disturb

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
expect.set_options(timeout=20_000)

NO_STORAGE = """IDBFactory.prototype.open = function () {
  const request = {};
  setTimeout(() => { request.error = new DOMException("Internal error opening backing store", "UnknownError"); request.onerror?.(); });
  return request;
}"""
NO_CLEARING = (
    "() => { IDBObjectStore.prototype.clear = () => { throw new DOMException('gone', 'UnknownError'); }; }"
)
# Photos that wait, as large as it takes or as damaged as a phone leaves them.
KEEP_PHOTOS = """([visits, officer, bytes]) => new Promise((resolve) => {
  const request = indexedDB.open("doorstep");
  request.onsuccess = () => {
    const db = request.result, change = db.transaction("photos", "readwrite");
    for (const visit of visits) {
      change.objectStore("photos").put({ id: crypto.randomUUID(), visit, officer, blob: bytes ? new Blob([new Uint8Array(bytes)]) : "lost" });
    }
    change.oncomplete = () => { db.close(); resolve(); };
  };
})"""
SIGN_OUT = "form[action='/sign-out/'] button"


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


@pytest.fixture
def shop(cast):
    (one,) = shops_of(cast.officer, 1)
    return one


def at_the_form(phone, shop, outcome: str):
    page = phone.sign_in()
    phone.open(f"/m/visit/{shop.credit_code}/")
    page.click(f".outcome:has([value={outcome}])")
    return page


def problem_of(page, name: str):
    """What is told at the field, once the field has the focus and names its problem."""
    field = page.locator(f"[name={name}]").first
    expect(field).to_be_focused()
    expect(field).to_have_attribute("aria-invalid", "true")
    assert f"told-{name}" in field.get_attribute("aria-describedby").split()
    return expect(page.locator(f"#told-{name}"))


def waiting(phone, shops, outcome: str = "no_need"):
    """That many visits in the phone that do not get through."""
    phone.page.route("**/api/v1/visits/**", lambda route: route.abort())
    for one in shops:
        phone.visit_offline(one, outcome)
    return phone.page


# The form


def test_a_note_too_long_with_its_answers_is_told_and_never_cut(cast, phone, shop):
    page = at_the_form(phone, shop, "wrong_address")
    page.fill("[name=new_address]", "新" * 90)
    page.fill("[name=note]", "a" * 480)
    page.click("button[form=visit-form]")
    problem_of(page, "note").to_contain_text("500")
    assert (Visit.objects.count(), phone.items()) == (0, [])
    page.fill("[name=note]", "a" * 380 + "末尾")
    page.click("button[form=visit-form]")
    page.wait_for_url("**/m/visits/*/?done=1")
    assert Visit.objects.get().note.endswith("a末尾")


def test_a_signature_without_ticks_or_name_is_not_thrown_away(cast, phone, shop):
    page = at_the_form(phone, shop, "need")
    page.locator("canvas.signature").scroll_into_view_if_needed()
    box = page.locator("canvas.signature").bounding_box()
    page.mouse.move(box["x"] + 20, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 120, box["y"] + 60)
    page.mouse.up()
    page.click("button[form=visit-form]")
    problem_of(page, "scopes").to_contain_text("勾选")
    assert (Visit.objects.count(), phone.items()) == (0, [])


def test_a_visit_turned_into_a_call_sends_neither_position_nor_photos(cast, phone, shop, tmp_path):
    page = at_the_form(phone, shop, "no_need")
    page.set_input_files("[name=photos]", [photo(tmp_path)])
    expect(page.locator("[data-photos-list] li")).to_have_count(1)
    page.evaluate("""() => { const { lat, lon, accuracy_m } = document.querySelector("#visit-form").elements;
      lat.value = "31.2000"; lon.value = "121.4000"; accuracy_m.value = "12"; }""")
    page.click(".pick:has([name=mode][value=phone])")
    page.click("button[form=visit-form]")
    page.wait_for_url("**/m/visits/*/?done=1")
    visit = Visit.objects.get()
    assert (visit.mode, visit.lat, visit.lon, VisitPhoto.objects.count(), phone.items("photos")) == ("phone", None, None, 0, [])  # fmt: skip


def test_the_form_kept_without_network_keeps_a_visit_against_protection_until_it_counts_as_late(
    cast, site, phone, shop
):
    page = phone.ready()
    site.kill()
    phone.open(f"/m/visit/{shop.credit_code}/")
    assert page.evaluate("document.documentElement.dataset.offline")
    expect(page.locator("[name=protection_reason]")).to_be_hidden()
    ask_do_not_disturb(business=shop, until_on=timezone.localdate() + timedelta(days=30), now=timezone.now() - timedelta(days=1))  # fmt: skip
    site.start()
    page.click(".outcome:has([value=no_need])")
    page.click("button[form=visit-form]")
    page.wait_for_url("**/m/outbox/?saved=*")
    assert ([item["state"] for item in phone.items()], Visit.objects.count()) == (["waiting"], 0)


def test_a_problem_inside_something_closed_opens_it_and_leaves_no_trace_once_mended(cast, phone, shop):
    page = at_the_form(phone, shop, "need")
    said = {"code": "invalid", "detail": "x", "fields": {"need.purpose_text": "太笼统。", "note": "太长。"}}
    page.route("**/api/v1/visits/", lambda route: route.fulfill(status=400, json=said))
    assert page.locator("details.more").get_attribute("open") is None
    page.evaluate("document.querySelector('[name=note]').setAttribute('aria-describedby', 'id_note_error')")
    page.click("button[form=visit-form]")
    problem_of(page, "purpose_text").to_be_visible()
    note = page.locator("[name=note]")
    assert note.get_attribute("aria-describedby") == "id_note_error told-note"
    page.unroute("**/api/v1/visits/")
    page.route("**/api/v1/visits/", lambda route: route.fulfill(status=400, json=said | {"fields": {"need.amount_yuan": "太大。"}}))  # fmt: skip
    page.click("button[form=visit-form]")
    problem_of(page, "amount_wan").to_have_text("太大。")
    left = [
        page.locator("[name=purpose_text]").get_attribute(name)
        for name in ("aria-invalid", "aria-describedby")
    ]
    assert (left, note.get_attribute("aria-describedby")) == ([None, None], "id_note_error")


# The outbox page


def test_a_line_of_the_outbox_keeps_its_focus_while_others_are_sent(cast, phone, site):
    phone.ready()
    page = waiting(phone, shops_of(cast.officer, 2))
    page.goto("/m/outbox/")
    again = page.locator("[data-outbox-again]").last
    expect(again).to_be_visible()
    wait_until(lambda: all(item["state"] == "waiting" for item in phone.items()))
    again.focus()
    page.evaluate("new BroadcastChannel('doorstep-outbox').postMessage('changed')")
    page.evaluate("new Promise((resolve) => setTimeout(resolve, 300))")
    expect(again).to_be_focused()
    page.unroute("**/api/v1/visits/**")
    phone.send_all()
    label(page, "received").to_have_count(2)
    expect(again).to_be_hidden()  # the same lines say what became of them
    expect(page.locator("[data-outbox-problem]:visible")).to_have_count(0)


def test_a_large_outbox_is_handed_out_one_file_for_each_tap(cast, phone, site):
    phone.ready()
    page = waiting(phone, shops_of(cast.officer, 2))
    page.evaluate(KEEP_PHOTOS, [[item["id"] for item in phone.items()], str(cast.officer.pk), 11_000_000])
    page.goto("/m/outbox/")
    files = []
    page.on("download", lambda one: files.append(one))
    with page.expect_download():
        page.click("[data-outbox-export]")
    expect(page.get_by_role("dialog", name="第 2 个文件,共 2 个")).to_be_visible()
    assert len(files) == 1
    page.click("dialog [value='']")
    expect(page.locator("[data-outbox-exported]")).to_contain_text("只导出了 1 条,还有 1 条没有导出")
    with page.expect_download():
        page.click("[data-outbox-export]")
    with page.expect_download():
        page.click("dialog [value=go]")
    expect(page.locator("[data-outbox-exported]")).to_contain_text("已导出 2 条")
    names = [one.suggested_filename for one in files]
    assert [name[-9:] for name in names] == ["1of2.json", "1of2.json", "2of2.json"]


def test_what_a_file_lacks_is_said(cast, phone, shop):
    phone.ready()
    page = waiting(phone, [shop])
    page.evaluate(KEEP_PHOTOS, [[item["id"] for item in phone.items()], str(cast.officer.pk), 0])
    phone.edit("day", str(cast.officer.pk), ticket="", fetched_at=page.evaluate("Date.now()"))
    page.goto("/m/outbox/")
    with page.expect_download() as handed_out:
        page.click("[data-outbox-export]")
    said = expect(page.locator("[data-outbox-exported]"))
    said.to_contain_text("有 1 张照片手机读不出来")
    said.to_contain_text("不能导入")
    contents = json.loads(json.loads(Path(handed_out.value.path()).read_text())["contents"])
    assert [(len(one["photos"]), one["visit"]["outcome"]) for one in contents["visits"]] == [(0, "no_need")]


# Signing out


def test_whoever_wants_to_leave_leaves_though_the_storage_fails(cast, phone, shop):
    page = phone.sign_in()
    phone.context.add_init_script(NO_STORAGE)
    page.goto("/m/me/")
    page.click(SIGN_OUT)
    page.wait_for_url("**/sign-in/**")
    page.goto("/m/")
    assert "/sign-in/" in page.url


def test_a_wiping_that_fails_does_not_hold_whoever_the_server_has_let_go(cast, phone, shop):
    page = phone.sign_in()
    page.goto("/m/me/")
    page.evaluate(NO_CLEARING)
    page.click(SIGN_OUT)
    page.wait_for_url("**/sign-in/")


def test_signing_out_shows_that_it_works_and_waits_for_no_slow_network(cast, phone, shop):
    phone.ready()
    page = waiting(phone, [shop])
    page.unroute("**/api/v1/visits/**")
    page.route("**/api/v1/visits/**", lambda route: None)  # never answered
    page.clock.install()
    page.goto("/m/me/")
    button = page.locator(SIGN_OUT)
    button.click()
    expect(button).to_have_attribute("aria-busy", "true")
    expect(button).to_have_text("正在退出…")
    button.click()
    page.clock.fast_forward(8_500)
    expect(page.locator("dialog")).to_have_count(1)
    expect(page.get_by_role("dialog", name="还有 1 条走访没有上传")).to_be_visible()
    page.click("dialog [value='']")
    expect(button).to_have_attribute("aria-busy", "false")
    expect(button).to_have_text("退出登录")
    expect(page.locator("dialog")).to_have_count(0)


def test_a_server_that_fails_is_not_called_a_lack_of_network(cast, phone, shop):
    page = phone.sign_in()
    page.route("**/sign-out/", lambda route: route.fulfill(status=500, body="x"))
    page.goto("/m/me/")
    page.click(SIGN_OUT)
    expect(page.get_by_role("dialog", name="服务器没有完成退出(500)")).to_be_visible()


def test_a_token_that_is_gone_does_not_stop_signing_out(cast, phone, shop):
    page = phone.sign_in()
    page.goto("/m/me/")
    phone.context.clear_cookies(name="csrftoken")
    page.click(SIGN_OUT)
    page.wait_for_url("**/sign-in/")


def test_what_was_wiped_is_not_written_again_by_another_tab(cast, phone, shop):
    page = at_the_form(phone, shop, "need")
    page.fill("[name=contact_phone]", "13800000001")
    wait_until(lambda: phone.items("drafts") and phone.items("day"))
    phone.edit("day", str(cast.officer.pk), fetched_at=0)
    asking, held = phone.context.new_page(), []
    asking.route("**/m/day.json*", lambda route: held.append((route, route.fetch())))
    asking.goto("/m/visits/")
    asking.wait_for_timeout(100)
    wait_until(lambda: held or asking.wait_for_timeout(100))
    other = phone.context.new_page()
    other.goto("/m/me/")
    other.click(SIGN_OUT)
    other.wait_for_url("**/sign-in/")
    held[0][0].fulfill(response=held[0][1])
    page.fill("[name=note]", "还在写")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.wait_for_timeout(700)
    assert [phone.items(name) for name in ("drafts", "day", "meta")] == [[], [], []]


def test_drafts_older_than_three_days_go_whoever_left_them(cast, phone, shop):
    page = at_the_form(phone, shop, "need")
    page.fill("[name=amount_wan]", "30")
    wait_until(lambda: phone.items("drafts"))
    (draft,) = phone.items("drafts")
    page.goto("/m/scan/")
    phone.edit("drafts", draft["key"], at=draft["at"] - 4 * 24 * 3600_000)
    page.goto("/m/me/")
    wait_until(lambda: phone.items("drafts") == [])


# Frames that the phone keeps


def test_a_frame_shown_for_slowness_says_slow(cast, phone, shop):
    page = phone.sign_in()
    bar = page.locator(".net-bar").first
    for why, word in (("slow", "网络太慢"), ("down", "没有网络")):
        page.evaluate("(why) => { document.documentElement.dataset.offline = why; }", why)
        assert bar.inner_text().strip().startswith(word)


def test_frames_that_did_not_come_are_asked_for_again(cast, phone, shop):
    page = phone.ready()
    look = f"{cast.officer.pk} zh-hans"
    wait_until(lambda: (page.goto("/m/me/"), [one.get("look") for one in phone.items("meta") if one["name"] == "me"])[1] == [look])  # fmt: skip
    # the worker died on the way
    phone.context.add_init_script(
        "if (location.hash === '#lost') ServiceWorker.prototype.postMessage = () => {}"
    )
    phone.edit("meta", "me", look="another language")
    page.goto("/m/#lost")
    page.evaluate("new Promise((resolve) => setTimeout(resolve, 500))")
    (me,) = [one for one in phone.items("meta") if one["name"] == "me"]
    assert me["look"] == "another language"


def test_the_list_without_network_puts_what_is_done_last_and_says_when_it_is_old(cast, site, phone):
    shops = shops_of(cast.officer, 3)
    page = phone.ready()
    (day,) = phone.items("day")
    for one in day["businesses"]:
        one["is_done"] = one["credit_code"] == shops[0].credit_code
    phone.edit("day", str(cast.officer.pk), businesses=day["businesses"])
    site.kill()
    page.goto("/m/")
    expect(page.locator(".row__name").last).to_have_text(shops[0].name)
    expect(page.locator(".row").last).to_contain_text("已登记")
    expect(page.locator("[data-day-as-of]")).to_contain_text("共 2 家")
    phone.edit("day", str(cast.officer.pk), day="2026-01-01")
    page.goto("/m/")
    expect(page.locator("[data-day-as-of]")).to_contain_text("不是今天的名单")
    expect(page.locator("[data-day-as-of]")).to_contain_text("共 3 家")
