"""The visit form in a real Chromium: what scripts add, and that it does without them."""

import pytest

from tests import factories as make
from visits.models import Consent, ConsentSigning, Visit

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def fill_need(page) -> None:
    page.fill("[name=amount_wan]", "80.5")
    page.select_option("[name=purpose]", "orders")
    page.select_option("[name=bank_1]", "DEMO-B2")
    page.check("[name=scopes][value=credit_lookup]")
    page.check("[name=recipients][value=DEMO-B2]")
    page.fill("[name=signed_name]", "王老板")


def test_a_need_is_recorded_with_a_finger_signature(cast, on_phone):
    shop = make.business("测试老字号米店")

    def story(page):
        page.goto(f"/m/visit/{shop.credit_code}/")
        hidden = page.locator("[name=amount_wan]").is_visible()
        page.click(".outcome:has([value=need])")
        fill_need(page)
        others = page.locator(".bank-choice:visible").count()
        pad = page.locator("canvas")
        pad.scroll_into_view_if_needed()
        box = pad.bounding_box()
        page.mouse.move(box["x"] + 20, box["y"] + 40)
        page.mouse.down()
        page.mouse.move(box["x"] + 150, box["y"] + 90, steps=6)
        page.mouse.up()
        page.click("button[form=visit-form]")
        page.wait_for_url("**/?done=1")
        return hidden, others, page.locator(".recorded__word").inner_text()

    told, errors = on_phone(story)
    assert (told, errors) == ((False, 1, "已记录"), [])
    assert bytes(ConsentSigning.objects.get().signature_png).startswith(b"\x89PNG")
    assert Consent.objects.get(recipient__kind="bank").recipient.code == "DEMO-B2"


def test_the_form_does_without_scripts(cast, on_phone):
    shop = make.business("测试面馆")

    def story(page):
        page.goto(f"/m/visit/{shop.credit_code}/")
        page.click(".outcome:has([value=need])")
        fill_need(page)
        page.click("button[form=visit-form]")
        page.wait_for_url("**/?done=1")

    on_phone(story, scripts=False)
    assert (Visit.objects.get().need.amount_yuan, ConsentSigning.objects.get().signature_png) == (
        805000,
        None,
    )


def test_another_outcome_sends_nothing_of_what_was_typed_before(cast, on_phone):
    shop = make.business("测试五金店")

    def story(page):
        page.goto(f"/m/visit/{shop.credit_code}/")
        page.click(".outcome:has([value=need])")
        fill_need(page)
        page.click(".outcome:has([value=refused])")
        page.click("button[form=visit-form]")
        page.wait_for_url("**/?done=1")

    assert on_phone(story)[1] == []
    assert (Visit.objects.get().outcome, Consent.objects.count()) == ("refused", 0)


@pytest.mark.parametrize("width", [320, 360, 768, 1440])
def test_no_phone_page_is_wider_than_the_screen_and_nothing_is_too_small_to_tap(cast, on_phone, width):
    shop = make.business(
        "上海同心圆示范网络科技信息技术服务有限责任公司徐汇第一分公司",
        address="上海市徐汇区" + "很长的路名" * 10,
    )
    paths = [
        "/m/",
        "/m/?search=示范",
        "/m/scan/?text=1",
        "/m/visits/",
        "/m/me/",
        f"/m/visit/{shop.credit_code}/",
    ]

    def story(page):
        page.set_viewport_size({"width": width, "height": 740})
        return [(path, page.goto(path) and page.evaluate(MEASURE)) for path in paths]

    told, _errors = on_phone(story)
    assert told == [(path, {"over": 0, "small": []}) for path in paths]


# a file input lies under its label, which is what a thumb meets
MEASURE = """() => ({
  over: document.documentElement.scrollWidth - document.documentElement.clientWidth,
  small: [...document.querySelectorAll("a, button, summary, select, .outcome, .choice, .bank-choice, input:not([type=hidden], [type=radio], [type=checkbox], [type=file])")]
    .filter((one) => { const box = one.getBoundingClientRect(); return box.width && box.height < 43.5 && !one.matches(".skip-link"); })
    .map((one) => one.className || one.tagName),
})"""
