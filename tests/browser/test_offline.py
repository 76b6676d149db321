"""Visits made without network: nothing is lost, nothing doubled, nothing shown as fresh that is not."""

import pytest
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import connections
from django.utils import timezone
from playwright.sync_api import expect, sync_playwright

from tests.browser.phone import Phone, Site, label, real_passwords, shops_of, wait_until
from visits.codes.rules import token_for
from visits.codes.services import issue_code
from visits.models import Visit

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
expect.set_options(timeout=30_000)  # two cores, shared with everything else that runs
HUNDRED = 100


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


def test_a_hundred_visits_through_a_killed_server_and_an_expired_session_arrive_exactly_once(
    cast, site, phone
):
    shops = shops_of(cast.officer, HUNDRED)
    phone.ready()
    site.kill()
    for shop in shops[:50]:
        phone.visit_offline(shop)
    phone.off()  # the battery dies in the middle
    phone.on()
    for shop in shops[50:]:
        phone.visit_offline(shop)
    made = {item["id"] for item in phone.items()}
    assert (len(made), Visit.objects.count()) == (HUNDRED, 0)

    Session.objects.all().delete()
    cache.clear()  # the copies of sessions too
    site.start()
    phone.send_all()
    expect(phone.page.locator("[data-outbox-held]")).to_contain_text("重新登录后自动上传")
    # the one that met the sign-in page may still be on its way back into the row
    wait_until(lambda: {item["id"] for item in phone.items() if item["state"] == "waiting"} == made)

    phone.page.click("[data-outbox-held] a")
    phone.sign_in(then="/m/outbox/")
    wait_until(lambda: Visit.objects.count() >= 30)
    site.kill()  # in the middle of the upload
    site.start()
    wait_until(lambda: phone.page.evaluate("document.readyState") == "complete")
    phone.page.reload()
    wait_until(lambda: Visit.objects.count() == HUNDRED, 90)
    label(phone.page, "received").to_have_count(HUNDRED)
    assert {str(pk) for pk in Visit.objects.values_list("pk", flat=True)} == made
    assert set(Visit.objects.values_list("business__credit_code", flat=True)) == {
        shop.credit_code for shop in shops
    }
    assert set(Visit.objects.values_list("officer__username", flat=True)) == {"officer"}


def test_an_answer_lost_on_the_way_back_makes_no_second_visit(cast, site, phone):
    (shop,) = shops_of(cast.officer, 1)
    page = phone.ready()
    lost = []

    def lose(route) -> None:
        lost.append(route.fetch().status)
        route.abort()

    page.route("**/api/v1/visits/", lose)
    phone.visit_offline(shop)
    assert (lost[0], set(lost[1:]) <= {200}, Visit.objects.count()) == (201, True, 1)
    page.unroute("**/api/v1/visits/")
    phone.send_all()
    label(page, "received").to_have_count(1)
    assert (Visit.objects.count(), [status for _path, status in phone.answered]) == (1, [200])


def test_two_tabs_send_one_visit_once(cast, site, phone):
    (shop,) = shops_of(cast.officer, 1)
    phone.ready()
    site.kill()
    phone.visit_offline(shop)
    second = phone.context.new_page()
    second.goto("/m/outbox/")
    site.start()
    for page in (phone.page, second, phone.page, second):
        page.evaluate("window.dispatchEvent(new Event('online'))")
    label(phone.page, "received").to_have_count(1)
    label(second, "received").to_have_count(1)
    assert (phone.answered, Visit.objects.count()) == ([("/api/v1/visits/", 201)], 1)


def test_with_network_the_visit_goes_through_the_same_door_at_once(cast, site, phone):
    (shop,) = shops_of(cast.officer, 1)
    phone.ready()
    phone.visit(shop, note="门口有狗")
    phone.page.wait_for_url("**/m/visits/*/?done=1")
    visit = Visit.objects.get()
    assert (visit.channel, visit.note, phone.items()[0]["state"]) == ("form", "门口有狗", "received")
    assert "body" not in phone.items()[0] and "fields" not in phone.items()[0]


def test_a_half_filled_form_survives_a_dead_battery(cast, site, phone):
    (shop,) = shops_of(cast.officer, 1)
    page = phone.ready()
    page.goto(f"/m/visit/{shop.credit_code}/")
    page.locator("form[data-ready]").wait_for()
    page.click(".outcome:has([value=need])")
    page.fill("[name=amount_wan]", "80.5")
    page.fill("[name=contact_phone]", "13800000001")
    wait_until(lambda: "13800000001" in str(phone.items("drafts")))
    phone.off()
    site.kill()
    page = phone.on()
    page.goto(f"/m/visit/{shop.credit_code}/")
    expect(page.locator("[data-draft]")).to_contain_text("已恢复")
    assert page.input_value("[name=amount_wan]") == "80.5"
    assert page.is_checked("[name=outcome][value=need]")
    page.click("button[form=visit-form]")
    page.wait_for_url("**/m/outbox/?saved=*")
    assert phone.items("drafts") == []
    site.start()
    phone.send_all()
    label(page, "received").to_have_count(1)
    assert Visit.objects.get().need.amount_yuan == 805000


def test_today_opens_without_network_says_so_and_finds_a_firm(cast, site, phone):
    shops = shops_of(cast.officer, 3)
    page = phone.ready()
    site.kill()
    page.goto("/m/")
    expect(page.locator(".net-bar").first).to_contain_text("没有网络")
    expect(page.locator("[data-day-list] .row")).to_have_count(3)
    page.fill("input[type=search]", "002号")
    expect(page.locator("[data-day-list] .row")).to_have_count(1)
    page.click("[data-day-list] .row")
    page.wait_for_url(f"**/m/visit/{shops[2].credit_code}/")
    expect(page.locator("[data-business-name]")).to_have_text(shops[2].name)


def test_with_network_no_page_says_it_has_none(cast, site, phone):
    page = phone.ready()
    for path in ("/m/", "/m/outbox/", "/m/scan/", "/m/visits/", "/m/me/"):
        page.goto(path)
        assert (path, page.locator(".net-bar").first.is_visible()) == (path, False)


def test_a_door_scanned_without_network_is_recognised_and_recorded_by_its_code(cast, site, phone):
    (shop,) = shops_of(cast.officer, 1)
    code = issue_code(subject=shop, by=cast.panel, now=timezone.now())
    page = phone.ready()
    site.kill()
    page.goto(f"/q/{token_for(code.secret)}/")  # what the phone's own camera opens
    expect(page.locator("[data-business-name]")).to_have_text(shop.name)
    page.locator("form[data-ready]").wait_for()
    page.click(".outcome:has([value=no_need])")
    page.click("button[form=visit-form]")
    page.wait_for_url("**/m/outbox/?saved=*")
    site.start()
    phone.send_all()
    label(page, "received").to_have_count(1)
    assert (Visit.objects.get().code, Visit.objects.get().business) == (code, shop)


def test_a_code_typed_without_network_is_checked_on_the_phone(cast, site, phone):
    page = phone.ready()
    site.kill()
    page.goto("/m/scan/?text=91350100M000100Y44")
    expect(page.locator("[data-ask-problem]")).to_contain_text("校验位不对")
    assert not page.locator("#visit-form").is_visible()
    page.fill("#ask-text", "９１３５０１００-M000100y43")
    page.click("[data-ask-code] button")
    expect(page.locator("[data-business-code]")).to_have_text("91350100M000100Y43")
    assert page.locator("#visit-form").is_visible()


def test_nothing_of_owners_desks_or_the_api_is_ever_kept(cast, site, phone):
    (shop,) = shops_of(cast.officer, 1)
    token = token_for(issue_code(subject=shop, by=cast.panel, now=timezone.now()).secret)
    page = phone.ready()
    for path in (
        f"/q/{token}/",
        "/m/visits/",
        "/track/0000000000000000/",
        "/m/me/",
        "/api/v1/me/",
        "/district/",
    ):
        page.goto(path)
    page.goto("/m/")
    assert phone.kept_pages() == ["/m/offline/", "/m/outbox/", "/m/scan/", "/m/visit/offline/"]
