"""The one-minute form in a real Chromium: what each outcome asks, in how many taps, what leaves the phone of a photo
and of a position."""

from io import BytesIO

import pytest
from PIL import Image

from tests import factories as make
from tests.visits.presence import pictures
from visits.models import (
    Assignment,
    BusinessList,
    DoNotDisturb,
    ListMembership,
    Visit,
    VisitPhoto,
    VisitPolicy,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SHOWN = """() => [...document.querySelectorAll("#visit-form [data-for]")].flatMap((part) => [...part.querySelectorAll("input, select, textarea, canvas")])
  .filter((field) => field.checkVisibility()).map((field) => field.name || field.tagName).filter((name, at, all) => all.indexOf(name) === at)"""
NEED = [
    "amount_wan",
    "purpose",
    "contact_name",
    "contact_phone",
    "bank_1",
    "scopes",
    "recipients",
    "signed_name",
    "CANVAS",
]
ASKED = {
    "need": NEED, "no_need": [], "deferred": ["come_again"], "unreachable": ["tried"],
    "wrong_address": ["found_there", "new_address"], "closed_down": ["closed_known"],
    "refused": ["why_refused", "come_again"], "already_served": ["served_by"],
}  # fmt: skip


@pytest.fixture
def shop(cast):
    """Assigned to the officer, and on the map."""
    grid = make.grid(cast.xuhui)
    one = make.business("测试老字号米店", grid=grid, lat="31.18830", lon="121.43650")
    kind = BusinessList.objects.get(code="sole_trader")
    ListMembership.objects.create(business=one, list=kind)
    facts = {"list": kind, "grid": grid, "bank": cast.first_bank, "officer": cast.officer}
    Assignment.objects.create(**facts, starts_on="2026-01-01")
    return one


def sent(page) -> None:
    page.click("button[form=visit-form][type=submit]")
    page.wait_for_url("**/?done=1")


def test_each_outcome_asks_for_what_it_needs_and_nothing_else(cast, shop, on_phone):
    def story(page):
        page.goto(f"/m/visit/{shop.credit_code}/")
        before = (page.is_visible("[name=note]"), page.is_enabled("button[form=visit-form][type=submit]"))
        found = {}
        for outcome in ASKED:
            page.click(f".outcome:has([value={outcome}])")
            found[outcome] = page.evaluate(SHOWN)
        return (
            before,
            found,
            page.is_visible("[name=note]"),
            page.is_enabled("button[form=visit-form][type=submit]"),
        )

    told, errors = on_phone(story)
    assert (told, errors) == (((False, False), ASKED, True, True), [])


def test_a_visit_without_need_takes_three_taps_from_today(cast, shop, on_phone):
    def story(page):
        page.goto("/m/")
        page.evaluate("() => { sessionStorage.taps = 0; }")
        page.add_init_script(
            "addEventListener('click', (e) => { if (e.isTrusted) sessionStorage.taps = Number(sessionStorage.taps ?? 0) + 1; }, true)"
        )
        page.reload()
        page.click("text=测试老字号米店")
        page.click(".outcome:has([value=no_need])")
        sent(page)
        return page.evaluate("() => sessionStorage.taps")

    told, errors = on_phone(story)
    assert (int(told) <= 3, errors, Visit.objects.get().outcome) == (True, [], "no_need")


@pytest.mark.parametrize("scripts", [True, False])
def test_one_tap_answers_become_words_of_the_note_with_scripts_and_without(cast, shop, on_phone, scripts):
    def story(page):
        page.goto(f"/m/visit/{shop.credit_code}/")
        page.click(".outcome:has([value=wrong_address])")
        page.click(".pick:has-text('别家在经营')")
        page.fill("[name=new_address]", "<b>宛平南路</b>1号")
        page.fill("[name=note]", "门卫说去年搬走")
        sent(page)
        return page.content()

    told, errors = on_phone(story, scripts=scripts)
    note = "现场:别家在经营;新地址:<b>宛平南路</b>1号;门卫说去年搬走"
    assert (Visit.objects.get().note, "<b>宛平" in told, errors if scripts else []) == (note, False, [])


def test_a_chosen_answer_is_taken_back_by_a_second_tap_and_another_outcome_forgets_it(cast, shop, on_phone):
    def story(page):
        page.goto(f"/m/visit/{shop.credit_code}/")
        page.click(".outcome:has([value=closed_down])")
        page.click(".pick:has-text('企业主告知')")
        page.click(".outcome:has([value=refused])")
        page.click(".pick:has-text('正忙')")
        page.click(".pick:has-text('一个月后')")
        page.click(".pick:has-text('正忙')")
        sent(page)

    assert on_phone(story)[1] == []
    assert Visit.objects.get().note == "再次走访:一个月后"


def test_a_photo_leaves_the_phone_small_and_without_what_the_camera_wrote(cast, shop, on_phone, tmp_path):
    file = tmp_path / "<img src=x onerror=alert(1)>.jpg"
    file.write_bytes(pictures.with_position(1, size=(2400, 1800), orientation=6))
    bodies = []

    def story(page):
        page.on(
            "request",
            lambda request: (
                bodies.append(request.post_data_buffer or b"") if "/visit" in request.url else None
            ),
        )
        page.goto(f"/m/visit/{shop.credit_code}/")
        early = page.evaluate(
            "() => performance.getEntriesByType('resource').filter((one) => one.name.includes('photos.js')).length"
        )
        page.click(".outcome:has([value=no_need])")
        page.set_input_files("#id_photos", [str(file)])
        page.wait_for_selector(".photos li")
        page.evaluate("""async () => { const [photo] = document.querySelector("#id_photos").files;
          window.held = [photo.type, [...new Uint8Array(await photo.arrayBuffer())]]; }""")
        held = page.evaluate("() => window.held")
        sent(page)
        page.wait_for_function("() => document.querySelector('[data-visit-photos]')")
        return early, held

    (early, (kind, held)), errors = on_phone(story)
    held = bytes(held)
    with Image.open(BytesIO(held)) as image:
        assert (early, kind, image.size, dict(image.getexif())) == (0, "image/jpeg", (1200, 1600), {})
    everything = held + b"".join(bodies) + bytes(VisitPhoto.objects.get().jpeg)
    assert (b"Secret" in everything, b"onerror" in everything, errors) == (False, False, [])


def test_what_the_phone_cannot_open_is_said_and_the_rest_is_kept_and_may_be_removed(
    cast, shop, on_phone, tmp_path
):
    (tmp_path / "IMG_1.HEIC").write_bytes(b"\x00\x00\x00\x18ftypheic" + b"\x00" * 500)
    for seed in range(4):
        (tmp_path / f"{seed}.jpg").write_bytes(pictures.jpeg(seed, size=(400, 300)))

    def story(page):
        page.goto(f"/m/visit/{shop.credit_code}/")
        page.click(".outcome:has([value=no_need])")
        page.set_input_files("#id_photos", [str(tmp_path / name) for name in ("IMG_1.HEIC", "0.jpg")])
        page.wait_for_selector(".photos li")
        said = [page.inner_text("[data-photos-said]")]
        page.set_input_files("#id_photos", [str(tmp_path / f"{seed}.jpg") for seed in (1, 2, 3)])
        page.wait_for_function("() => document.querySelectorAll('.photos li').length === 3")
        said.append(page.inner_text("[data-photos-said]"))
        page.click(".photos li:first-child button")
        left = page.locator(".photos li").count()
        sent(page)
        page.wait_for_function("() => document.querySelector('[data-visit-photos]')")
        return said, left

    (said, left), errors = on_phone(story)
    assert ("“IMG_1.HEIC”手机打不开" in said[0], "最多三张" in said[1], left, errors) == (True, True, 2, [])
    assert VisitPhoto.objects.count() == 2


def test_a_photo_forgotten_at_the_door_is_added_on_the_page_of_the_visit(cast, shop, on_phone, tmp_path):
    (tmp_path / "a.jpg").write_bytes(pictures.with_position(1))

    def story(page):
        page.goto(f"/m/visit/{shop.credit_code}/")
        page.click(".outcome:has([value=no_need])")
        sent(page)
        page.set_input_files("#id_photos", [str(tmp_path / "a.jpg")])
        page.wait_for_function("() => document.querySelector('.taken img')?.naturalWidth === 240")
        return page.inner_text("[data-visit-photos]")

    told, errors = on_phone(story)
    assert (told, errors, VisitPhoto.objects.count()) == ("1/3", [], 1)


def test_a_position_is_taken_on_a_tap_and_rounded_with_its_accuracy(cast, shop, on_phone):
    def story(page):
        page.context.grant_permissions(["geolocation"])
        page.context.set_geolocation({"latitude": 31.188312345, "longitude": 121.436587654, "accuracy": 23.4})
        page.goto(f"/m/visit/{shop.credit_code}/")
        page.click(".outcome:has([value=no_need])")
        before = page.input_value("[name=lat]")
        page.click("[data-locate-ask]")
        page.wait_for_selector("[data-locate-said].is-done")
        said = page.inner_text("[data-locate-said]")
        sent(page)
        return before, said

    told, errors = on_phone(story)
    visit = Visit.objects.get()
    assert (told, errors) == (("", "已记录,精度约±23米"), [])
    assert (str(visit.lat), str(visit.lon), visit.accuracy_m) == ("31.1883", "121.4366", 23)


def test_a_phone_that_may_not_tell_where_it_is_says_what_to_do(cast, shop, on_phone):
    VisitPolicy.objects.create(
        district=cast.xuhui, effective_from="2026-01-01", location="required", photo="off"
    )

    def story(page):
        page.goto(f"/m/visit/{shop.credit_code}/")
        page.click(".outcome:has([value=no_need])")
        has_photos = page.locator("#id_photos").count()
        page.click("[data-locate-ask]")
        page.wait_for_selector("[data-locate-said].is-late")
        page.click("button[form=visit-form][type=submit]")
        asked = page.inner_text("[data-submit-note]")
        page.fill("[name=note]", "地下室没有信号")
        sent(page)
        return has_photos, asked

    (has_photos, asked), errors = on_phone(story)
    assert (has_photos, "本区要求记录位置" in asked, errors, Visit.objects.get().note) == (
        0,
        True,
        [],
        "地下室没有信号",
    )


def test_after_a_refusal_the_owners_wish_for_peace_is_written_down(cast, shop, on_phone):
    def story(page):
        page.goto(f"/m/visit/{shop.credit_code}/")
        page.click(".outcome:has([value=refused])")
        sent(page)
        page.click(".pick:has-text('三个月')")
        page.click("button:has-text('登记勿扰')")
        page.wait_for_selector("text=各家银行都会看到")
        return page.inner_text(".label.is-late")

    told, errors = on_phone(story)
    assert ("勿扰至" in told, errors, DoNotDisturb.objects.get().asked_by) == (True, [], cast.officer)


def test_after_a_need_the_owners_code_is_on_the_screen(cast, shop, on_phone):
    def story(page):
        page.goto(f"/m/visit/{shop.credit_code}/")
        page.click(".outcome:has([value=need])")
        page.fill("[name=amount_wan]", "80.5")
        page.select_option("[name=purpose]", "orders")
        page.check("[name=scopes][value=credit_lookup]")
        page.fill("[name=signed_name]", "王老板")
        sent(page)
        page.wait_for_selector(".share svg")
        box = page.locator(".share svg").last.bounding_box()
        bottom = page.locator(".phone__bottom").bounding_box()["y"]
        return box["y"] + box["height"] <= bottom, page.inner_text("#share")

    assert on_phone(story) == ((True, "让企业主扫码确认"), [])
