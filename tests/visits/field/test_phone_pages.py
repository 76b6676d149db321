"""The officer's phone: today, search, scan, the visit form, what comes after."""

import re
import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from lending.models import FinancingCase
from tests import factories as make
from tests.visits.field.test_record import plain
from tests.visits.presence import pictures
from visits.codes import rules, services
from visits.models import (
    Assignment,
    BusinessList,
    Consent,
    DoNotDisturb,
    ListMembership,
    RefusedScan,
    Visit,
    VisitPhoto,
    VisitPolicy,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(cast):
    """Assigned to the officer."""
    grid = make.grid(cast.xuhui)
    one = make.business("测试老字号米店", grid=grid)
    kind = BusinessList.objects.get(code="sole_trader")
    ListMembership.objects.create(business=one, list=kind)
    Assignment.objects.create(
        list=kind, grid=grid, bank=cast.first_bank, officer=cast.officer, starts_on="2026-01-01"
    )
    return one


def opened(client, url) -> dict:
    """The hidden fields of a fresh form, as the browser would send them back."""
    form = client.get(url).context["form"]
    names = ("id", "started_at", "notice_version", "guarantee", "urgency", "mode")
    return {name: form[name].value() for name in names}


def need(**changes) -> dict:
    return {
        "outcome": "need", "amount_wan": "80.5", "purpose": "orders", "bank_1": "DEMO-B2", "bank_2": "DEMO-B1",
        "scopes": ["credit_lookup", "share_need"], "recipients": ["DEMO-B2"], "signed_name": "王老板",
    } | changes  # fmt: skip


def test_the_form_records_a_need_with_consent_and_shows_the_case(cast, web, shop):
    client, url = web(cast.officer), f"/m/visit/{shop.credit_code}/"
    answer = client.post(url, opened(client, url) | need())
    visit, case = Visit.objects.get(), FinancingCase.objects.get()
    assert (answer.status_code, answer.url) == (302, f"/m/visits/{visit.pk}/?done=1")
    assert (visit.need.amount_yuan, visit.need.preferred_banks, visit.mode) == (
        805000,
        ["DEMO-B2", "DEMO-B1"],
        "on_site",
    )
    assert {consent.recipient.code for consent in Consent.objects.all()} == {"DEMO-B2", "310104"}
    done = client.get(answer.url).content.decode()
    assert ("已记录" in done, case.number in done, case.stage) == (True, True, "authorised")


def test_sending_the_form_twice_is_harmless(cast, web, shop):
    client, url = web(cast.officer), f"/m/visit/{shop.credit_code}/"
    form = opened(client, url) | need()
    urls = [client.post(url, form).url for _ in range(2)]
    assert (urls[0] == urls[1], Visit.objects.count(), FinancingCase.objects.count()) == (True, 1, 1)


def test_an_old_form_with_other_content_changes_nothing_and_says_so(cast, web, shop):
    client, url = web(cast.officer), f"/m/visit/{shop.credit_code}/"
    form = opened(client, url) | {"outcome": "no_need"}
    client.post(url, form)
    answer = client.post(url, form | {"outcome": "refused", "note": "改了"})
    assert (
        answer.status_code,
        "原来的记录没有改动" in answer.content.decode(),
        Visit.objects.get().outcome,
    ) == (409, True, "no_need")


def test_the_empty_id_of_a_kept_page_is_no_visit(cast, web, shop):
    client, url = web(cast.officer), f"/m/visit/{shop.credit_code}/"
    answer = client.post(url, opened(client, url) | {"outcome": "no_need", "id": str(uuid.UUID(int=0))})
    assert (answer.status_code, Visit.objects.count()) == (400, 0)
    assert "请重新打开这份表单" in answer.content.decode()


@pytest.mark.parametrize("outcome", [o for o in Visit.Outcome.values if o != "need"])
def test_every_other_outcome_needs_nothing_more(cast, web, shop, outcome):
    client, url = web(cast.officer), f"/m/visit/{shop.credit_code}/"
    assert client.post(url, opened(client, url) | {"outcome": outcome}).status_code == 302
    assert Visit.objects.get().outcome == outcome


def test_what_is_still_missing_is_said_in_words_with_a_way_to_add_it(cast, web, shop):
    client, url = web(cast.officer), f"/m/visit/{shop.credit_code}/"
    bare = {"outcome": "need", "purpose": "orders"}
    text = client.get(client.post(url, opened(client, url) | bare).url).content.decode()
    assert ("需求金额" in text, "企业授权" in text, "资金用途" in text, url in text) == (
        True,
        True,
        False,
        True,
    )


WRONG = [
    ({"amount_wan": "很多"}, "amount_wan"), ({"amount_wan": "-1"}, "amount_wan"), ({"amount_wan": "10000.0001"}, "amount_wan"),
    ({"amount_wan": "1e400"}, "amount_wan"), ({"amount_wan": "NaN"}, "amount_wan"), ({"purpose": "赌博"}, "purpose"),
    ({"purpose_text": "长" * 301}, "purpose_text"), ({"purpose_text": "\x00"}, "purpose_text"), ({"term_months": "7"}, "term_months"),
    ({"bank_1": "NO-BANK"}, "bank_1"), ({"recipients": ["NO-BANK"]}, "recipients"), ({"scopes": []}, "scopes"),
    ({"scopes": ["everything"]}, "scopes"), ({"signed_name": ""}, "signed_name"), ({"signed_name": "长" * 61}, "signed_name"),
    ({"signature_png": "data:image/png;base64,AAAA"}, "signature_png"), ({"signature_png": "{"}, "signature_png"),
    ({"note": "长" * 501}, "note"), ({"outcome": "maybe"}, "outcome"), ({"outcome": ""}, "outcome"),
    ({"outcome": "no_need"}, "outcome"), ({"mode": "pigeon"}, "mode"), ({"id": "abc"}, "id"), ({"id": ""}, "id"),
    ({"started_at": "yesterday"}, "started_at"), ({"lat": "91", "lon": "0"}, "lat"), ({"lat": "x"}, "lat"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "field"), WRONG, ids=range(len(WRONG)))
def test_a_mistake_is_marked_and_what_was_typed_is_kept(cast, web, shop, changes, field):
    client, url = web(cast.officer), f"/m/visit/{shop.credit_code}/"
    answer = client.post(url, opened(client, url) | need(note="老板很客气") | changes)
    assert (answer.status_code, list(answer.context["form"].errors), Visit.objects.count()) == (
        400,
        [field],
        0,
    )
    kept = answer.content.decode()
    assert ("王老板" in kept or "signed_name" in changes, "老板很客气" in kept or "note" in changes) == (
        True,
        True,
    )


def test_a_refusal_of_the_clock_is_said_on_the_form(cast, web, shop):
    client, url = web(cast.officer), f"/m/visit/{shop.credit_code}/"
    form = opened(client, url) | {"outcome": "no_need", "started_at": "2020-01-01T08:00:00+0000"}
    answer = client.post(url, form)
    assert (answer.status_code, "走访已超过30天" in answer.content.decode()) == (400, True)


def test_the_door_code_opens_the_form_of_a_business_elsewhere(cast, web):
    far = make.business("测试浦东店", at=cast.pudong)
    token = rules.token_for(services.issue_code(subject=far, by=cast.city, now=timezone.now()).secret)
    client, url = web(cast.officer), f"/m/visit/code/{token}/"
    assert client.post(url, opened(client, url) | {"outcome": "no_need"}).status_code == 302
    assert (Visit.objects.get().business, Visit.objects.get().code is not None) == (far, True)
    assert web(cast.officer2).get(f"/m/visit/{far.credit_code}/").status_code == 404


@pytest.mark.parametrize("how", ["scanned", "typed"])
def test_a_code_typed_by_hand_is_told_from_one_that_was_scanned(cast, web, shop, how):
    token = rules.token_for(services.issue_code(subject=shop, by=cast.panel, now=timezone.now()).secret)
    client = web(cast.officer)
    text = f"https://x/q/{token}/" if how == "scanned" else rules.short_code(token)
    page = client.get("/m/scan/", {"text": text}, follow=True)
    url = page.request["PATH_INFO"] + "?" + page.request["QUERY_STRING"]
    assert client.post(url, opened(client, url) | {"outcome": "no_need"}).status_code == 302
    assert (Visit.objects.get().code is not None, Visit.objects.get().is_code_typed) == (True, how == "typed")


def test_a_policy_without_positions_keeps_none(cast, api, web, shop):
    VisitPolicy.objects.create(district=cast.xuhui, effective_from="2026-01-01", location="off")
    client, url = web(cast.officer), f"/m/visit/{shop.credit_code}/"
    client.post(url, opened(client, url) | {"outcome": "no_need", "lat": "31.1883", "lon": "121.4365"})
    api(cast.officer).post("/api/v1/visits/", plain(make.business()))
    assert list(Visit.objects.values_list("lat", "lon", "accuracy_m")) == [(None, None, None)] * 2


EVIDENCE = [
    ("location", {}, 400), ("location", {"note": "没有信号"}, 302), ("location", {"lat": "31.1", "lon": "121.4"}, 302),
    ("location", {"mode": "phone"}, 302), ("photo", {}, 400), ("photo", {"note": "老板不让拍"}, 302),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "said", "status"), EVIDENCE)
def test_what_the_district_requires_is_asked_for_or_a_word_why_not(cast, web, shop, asked, said, status):
    VisitPolicy.objects.create(district=cast.xuhui, effective_from="2026-01-01", **{asked: "required"})
    client, url = web(cast.officer), f"/m/visit/{shop.credit_code}/"
    answer = client.post(url, opened(client, url) | {"outcome": "no_need", "mode": "on_site"} | said)
    assert (answer.status_code, Visit.objects.count()) == (status, int(status == 302))


def test_a_photo_comes_with_the_form_and_a_bad_one_takes_nothing_with_it(cast, web, shop):
    client, url = web(cast.officer), f"/m/visit/{shop.credit_code}/"
    files = [SimpleUploadedFile("a.jpg", pictures.jpeg(1)), SimpleUploadedFile("<b>.jpg", b"no")]
    page = client.post(url, opened(client, url) | {"outcome": "no_need", "photos": files}, follow=True)
    assert (Visit.objects.count(), VisitPhoto.objects.count(), "完整的 JPEG" in page.content.decode()) == (
        1,
        1,
        True,
    )


@pytest.mark.parametrize("until", ["", "yesterday", "2020-01-01", "9999-99-99", "\x00"])
def test_a_wish_for_peace_needs_a_day_to_come(cast, api, web, shop, until):
    api(cast.officer).post("/api/v1/visits/", plain(shop, "refused"))
    answer = web(cast.officer).post(
        f"/m/visits/{Visit.objects.get().pk}/do-not-disturb/", {"until_on": until}
    )
    assert (answer.status_code, DoNotDisturb.objects.count()) == (400, 0)


def test_a_repeat_by_door_code_is_answered_though_the_code_was_revoked(cast, web, shop):
    code = services.issue_code(subject=shop, by=cast.panel, now=timezone.now())
    client, url = web(cast.officer), f"/m/visit/code/{rules.token_for(code.secret)}/"
    form = opened(client, url) | {"outcome": "no_need"}
    first = client.post(url, form).url
    services.revoke(code=code, by=cast.panel, now=timezone.now(), reason="补发")
    assert (client.post(url, form).url, client.get(url).status_code) == (first, 422)


def test_today_lists_what_waits_and_counts_what_is_done(cast, web, shop):
    other = make.business("测试第二家", grid=shop.grid)
    ListMembership.objects.create(business=other, list=BusinessList.objects.get(code="sole_trader"))
    client = web(cast.officer)
    before = client.get("/m/").context
    url = f"/m/visit/{shop.credit_code}/"
    client.post(url, opened(client, url) | {"outcome": "no_need"})
    after = client.get("/m/").context
    assert (before["plan"], after["plan"]) == ({"done": 0, "total": 2}, {"done": 1, "total": 2})
    assert ([row["name"] for row in after["rows"]], [row["name"] for row in after["done"]]) == (
        ["测试第二家"],
        ["测试老字号米店"],
    )


def test_search_finds_what_is_not_assigned_and_only_what_may_be_seen(cast, web, shop):
    make.business("测试面馆")
    make.business("测试浦东面馆", at=cast.pudong)
    found = web(cast.officer).get("/m/", {"search": "面馆"}).context["found"]
    assert [row["name"] for row in found] == ["测试面馆"]


def test_typing_a_code_or_a_credit_code_leads_to_the_visit(cast, web, shop):
    token = rules.token_for(services.issue_code(subject=shop, by=cast.panel, now=timezone.now()).secret)
    client = web(cast.officer)
    typed = [
        rules.short_code(token).lower(),
        f"http://x/q/{token}/",
        shop.credit_code.lower(),
        f" {shop.credit_code} ",
    ]
    answers = [client.get("/m/scan/", {"text": text}).url for text in typed]
    visit = f"/m/visit/{shop.credit_code}/"
    assert answers == [f"/q/{token}/?typed=1", f"/q/{token}/", visit, visit]


@pytest.mark.parametrize(
    "text", ["随便", "91350100M000100Y43", "https://pay.example/x", "\x00", "😀", "1" * 500]
)
def test_what_leads_nowhere_is_explained(cast, web, shop, text):
    page = web(cast.officer).get("/m/scan/", {"text": text})
    nothing = not text.replace("\x00", "")
    assert (page.status_code, "problem" in page.context) == ((200, False) if nothing else (404, True))


def test_a_scan_of_something_else_is_kept(cast, web, shop):
    web(cast.officer).get("/m/scan/", {"text": "https://pay.example/x"})
    assert (RefusedScan.objects.get().reason, RefusedScan.objects.get().scanned_by) == (
        "malformed",
        cast.officer,
    )


def test_an_officer_makes_shows_and_renews_a_work_code(cast, web):
    client = web(cast.officer)
    assert client.get("/m/me/").context["code"] is None
    client.post("/m/me/code/")
    first = client.get("/m/me/")
    assert ('<svg role="img"' in first.content.decode(), first.context["code"].version) == (True, 1)
    client.post("/m/me/code/", {"renew": "1"})
    assert client.get("/m/me/").context["code"].version == 2


def test_own_visits_and_taking_one_back(cast, api, web, shop):
    api(cast.officer).post("/api/v1/visits/", plain(shop, "closed_down"))
    visit, client = Visit.objects.get(), web(cast.officer)
    assert "已歇业" in client.get("/m/visits/").content.decode()
    assert client.post(f"/m/visits/{visit.pk}/annul/", {"reason": "登记错了"}).url == f"/m/visits/{visit.pk}/"
    assert "登记错了" in client.get(f"/m/visits/{visit.pk}/").content.decode()
    assert web(cast.officer2).get(f"/m/visits/{visit.pk}/").status_code == 404


PAGES = ["/m/", "/m/?search=x", "/m/scan/", "/m/visits/", "/m/me/", "/m/visit/{code}/"]


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("who", ["panel", "bank", "city", "auditor"])
def test_the_phone_is_for_officers(cast, web, shop, path, who):
    assert web(getattr(cast, who)).get(path.format(code=shop.credit_code)).status_code == 403


@pytest.mark.parametrize("path", PAGES)
def test_nobody_is_sent_to_sign_in(web, cast, shop, path):
    answer = web().get(path.format(code=shop.credit_code))
    assert (answer.status_code, answer.url.startswith("/sign-in/?next=/m/")) == (302, True)


@pytest.mark.parametrize("path", PAGES)
def test_no_page_carries_script_or_style_of_its_own(cast, web, shop, path):
    text = web(cast.officer).get(path.format(code=shop.credit_code)).content.decode()
    assert (
        re.findall(r"<style|style=|<script(?![^>]* src=)(?![^>]*application/json)|\son\w+=|javascript:", text)
        == []
    )


def retyped(cast, web, text: str):
    page = web(cast.officer).get("/m/scan/", {"text": text}, follow=True)
    return page.status_code, page.context.get("text"), page.content.decode()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("91310104MADEM999U", "统一社会信用代码应为18位,现在17位"),
        ("91310104MADEM99999U1", "统一社会信用代码应为18位,现在20位"),
        ("91310104MADEM9998U", "对不上校验码"),
        ("9131O104MADEM9999U", "第5位“O”不会出现在信用代码里"),
        ("ABCD-EFGH-JKMN", "门牌码应为16位,统一社会信用代码应为18位,现在12位"),
        ("ABCD-EFGH-JKMN-PQRS", "一组一组核对:ABCD · EFGH · JKMN · PQRS"),
    ],
)
def test_a_mistyped_code_stays_on_the_officers_page_with_what_to_look_at(cast, web, text, said):
    status, kept, page = retyped(cast, web, text)
    assert (status, kept, said in page) == (404, text, True)
    assert [word for word in ("code_", "不要转账", "有人拿这个码") if word in page] == []


@pytest.mark.parametrize("at", [{}, {"at": "pudong"}])
def test_a_code_that_no_longer_holds_leads_to_the_firm_by_credit_code_where_it_may_be_seen(
    cast, web, shop, at
):
    firm = make.business("测试浦东面馆", at=cast.pudong) if at else shop
    code = services.issue_code(subject=firm, by=cast.city, now=timezone.now())
    services.revoke(code=code, by=cast.city, now=timezone.now(), reason="遗失")
    token = rules.token_for(code.secret)
    status, kept, page = retyped(cast, web, token)
    link = f'href="/m/visit/{firm.credit_code}/"'
    assert (status, kept, "已作废" in page) == (422, rules.short_code(token), True)
    assert (link in page, firm.name in page) == ((False, False) if at else (True, True))
    for address in (f"/q/{token}/", f"/m/visit/code/{token}/"):  # the phone's own camera, and this page's
        again = web(cast.officer).get(address)
        assert (again.status_code, link in again.content.decode()) == (422, not at)


def test_a_scanned_code_that_is_not_ours_warns_the_officer(cast, web):
    status, _kept, page = retyped(cast, web, "https://x/q/ABCDEFGHJKMNPQRS/")
    assert (status, "请勿填写任何信息" in page) == (404, True)
