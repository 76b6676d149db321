"""The owner's pages behind the code of a door, as a phone without JavaScript goes through them."""

import base64
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from lending.models import FinancingCase
from tests import factories as make
from tests.lending import story
from tests.visits.intake import telling
from visits.codes import rules
from visits.codes.services import revoke
from visits.models import (
    Consent,
    ConsentNotice,
    ConsentSigning,
    DoNotDisturb,
    FinancingNeed,
    OwnerDeclaration,
    RefusedScan,
)

pytestmark = pytest.mark.django_db
NEED = {
    "amount_wan": "30", "purpose": "purchase", "purpose_text": "进一批夏装", "term_months": "12", "urgency": "month",
    "guarantee": "undecided", "contact_name": "李老板", "contact_phone": "139 0000 1111",
}  # fmt: skip
OWN = {"how": "own", "bank_1": "DEMO-B1", "bank_2": "", "bank_3": ""}
SIGNED = {
    "notice_version": "2026-01", "scopes": ["credit_lookup", "share_need"], "recipients": ["DEMO-B1"],
    "signed_name": "李老板", "signature_png": "",
}  # fmt: skip


@pytest.fixture
def at_the_door(cast):
    return make.business("测试老字号米店", at=cast.xuhui, address="测试路一号", phone="13812345678")


@pytest.fixture
def token(cast, at_the_door) -> str:
    return telling.token_of(telling.door(cast, at_the_door, timezone.now() - timedelta(hours=1)))


def go(phone: Client, token: str, *, need=NEED, banks=OWN, signed=SIGNED):
    """Through the three steps; the answer to the last."""
    assert phone.post(f"/q/{token}/need/", need).url == f"/q/{token}/need/banks/"
    assert phone.post(f"/q/{token}/need/banks/", banks).url == f"/q/{token}/need/consent/"
    return phone.post(f"/q/{token}/need/consent/", signed)


def test_an_owner_declares_signs_and_gets_the_link(cast, web, token):
    phone = web()
    answer = go(phone, token)
    assert (answer.status_code, answer.url) == (302, f"/q/{token}/need/done/")
    case = FinancingCase.objects.get()
    html = phone.get(answer.url).content.decode()
    assert [
        word for word in (f"/track/{case.track_token}/", "请保存这个进度链接", "<svg") if word not in html
    ] == []
    assert (case.need.purpose_text, case.need.contact_phone, case.stage) == (
        "进一批夏装",
        "13900001111",
        "authorised",
    )


def test_the_need_takes_at_most_ten_fields(web, token):
    html = web().get(f"/q/{token}/need/").content.decode()
    form = html[html.index('id="owner-form"') : html.index("</form>", html.index('id="owner-form"'))]
    fields = [name for name in NEED if f'name="{name}"' in form]
    assert (fields, form.count("<input") + form.count("<select") + form.count("<textarea")) == (
        list(NEED),
        8 + 1,
    )


def test_nothing_is_ticked_beforehand(web, token):
    phone = web()
    phone.post(f"/q/{token}/need/", NEED)
    phone.post(f"/q/{token}/need/banks/", OWN)
    html = phone.get(f"/q/{token}/need/consent/").content.decode()
    assert (html.count('type="checkbox"'), "checked" in html, "信息授权告知书" in html) == (
        3,
        False,
        True,
    )  # two matters and one bank: the team is named by the server


def test_what_was_typed_survives_a_reload_and_the_way_back(web, token):
    phone = web()
    phone.post(f"/q/{token}/need/", NEED)
    phone.post(f"/q/{token}/need/banks/", OWN)
    first, second = (
        phone.get(f"/q/{token}/need/").content.decode(),
        phone.get(f"/q/{token}/need/banks/").content.decode(),
    )
    assert ('value="30"' in first, "进一批夏装" in first, 'value="DEMO-B1" selected' in second) == (
        True,
        True,
        True,
    )


def test_a_step_that_was_skipped_leads_back_to_the_one_before(web, token):
    phone = web()
    assert phone.get(f"/q/{token}/need/consent/").url == f"/q/{token}/need/"
    assert phone.get(f"/q/{token}/need/banks/").url == f"/q/{token}/need/"
    assert phone.get(f"/q/{token}/need/done/").url == f"/q/{token}/need/"


def test_the_finger_signature_is_kept(web, token):
    drawn = "data:image/png;base64," + base64.b64encode(telling.png()).decode()
    go(web(), token, signed=SIGNED | {"signature_png": drawn})
    assert bytes(ConsentSigning.objects.get().signature_png) == telling.png()


@pytest.mark.parametrize("drawn", ["data:image/png;base64,AAAA", "data:image/png;base64,%%%", "x" * 400])
def test_what_is_no_signature_is_refused_and_nothing_is_kept(web, token, drawn):
    answer = go(web(), token, signed=SIGNED | {"signature_png": drawn})
    assert (answer.status_code, ConsentSigning.objects.count()) == (400, 0)


def test_sent_twice_it_is_one_declaration(web, token):
    phone = web()
    go(phone, token)
    again = phone.post(f"/q/{token}/need/consent/", SIGNED)
    assert (again.url, OwnerDeclaration.objects.count()) == (f"/q/{token}/need/done/", 1)


def test_any_bank_asks_only_for_a_consent_to_the_team(cast, web, token):
    phone = web()
    phone.post(f"/q/{token}/need/", NEED)
    phone.post(f"/q/{token}/need/banks/", {"how": "any", "bank_1": "DEMO-B1"})
    html = phone.get(f"/q/{token}/need/consent/").content.decode()
    assert ("沪江示范银行" in html, 'value="310104"' in html, "徐汇区工作专班办理" in html) == (
        False,
        False,
        True,
    )
    phone.post(f"/q/{token}/need/consent/", SIGNED | {"recipients": []})
    assert (FinancingNeed.objects.get().preferred_banks, Consent.objects.get().recipient) == ([], cast.xuhui)


@pytest.mark.parametrize(
    ("step", "body", "words"),
    [
        ("need/", NEED | {"contact_name": ""}, "请填写。"),
        ("need/", NEED | {"contact_phone": "abc"}, "5至20位数字"),
        ("need/", NEED | {"purpose": "gold"}, "gold"),
        ("need/", NEED | {"contact_name": "\0"}, "null"),
        ("need/banks/", {"how": "own"}, "请至少选一家银行"),
        ("need/banks/", {"how": "own", "bank_1": "NO"}, "NO"),
        ("need/banks/", {}, "请选择。"),
    ],
)
def test_what_is_wrong_is_said_on_the_step(web, token, step, body, words):
    phone = web()
    phone.post(f"/q/{token}/need/", NEED)
    answer = phone.post(f"/q/{token}/{step}", body)
    assert (answer.status_code, FinancingNeed.objects.count()) == (400, 0)
    assert "您已填写的内容都还在" in answer.content.decode()


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "0",
        "-5",
        "99999999999",
        "10001",
        "三十",
        "3.14159",
        "50元",
        "3万5",
        "1e3x",
        "NaN",
        "Infinity",
        "\0",
    ],
)
def test_an_amount_that_is_none_is_refused_with_what_would_be_right(web, token, typed):
    answer = web().post(f"/q/{token}/need/", NEED | {"amount_wan": typed})
    html = answer.content.decode()
    # once in the summary, once at the field
    assert (answer.status_code, html.count("请填万元数,如30(大于0,最多10000")) == (400, 2)
    assert "必填项" not in html


@pytest.mark.parametrize(
    ("typed", "yuan"),
    [
        ("50万", 500_000),
        ("50 万元", 500_000),
        ("５０", 500_000),
        ("5０.５万", 505_000),
        ("1,000", 10_000_000),
    ],
)
def test_an_amount_is_read_as_people_type_it(web, token, typed, yuan):
    go(web(), token, need=NEED | {"amount_wan": typed})
    assert FinancingNeed.objects.get().amount_yuan == yuan


def test_what_is_wrong_with_the_consent_is_summed_up_on_top_with_the_way_there(web, token):
    html = go(web(), token, signed={"notice_version": "2026-01"}).content.decode()
    top = html[html.index('id="problems"') : html.index('id="owner-form"')]
    assert "autofocus" in top
    for name in ("scopes", "signed_name"):
        assert f'href="#id_{name}"' in top
        assert html.count(f'id="id_{name}"') == 1


def test_the_signer_is_the_contact_unless_somebody_else_signs(web, token):
    phone = web()
    phone.post(f"/q/{token}/need/", NEED)
    phone.post(f"/q/{token}/need/banks/", OWN)
    html = phone.get(f"/q/{token}/need/consent/").content.decode()
    field = html[html.index('name="signed_name"') :].split(">")[0]
    assert 'value="李老板"' in field


def test_a_second_declaration_tells_nobody_at_the_door_what_the_firm_has_in_hand(web, token):
    go(web(), token)
    stranger = web()
    html = stranger.get(go(stranger, token).url).content.decode()
    assert "专班会与企业核对后再办" in html
    said = ("正在办理", "已经有一件", "重复立件", "recorded__mark", "申报已收到", "没有生效", "/track/")
    assert [word for word in said if word in html] == []


def test_an_owner_is_never_shown_a_machine_word(web):
    for path in ("/track/no-such-token-at-all/", "/q/no-such-page/need/"):
        html = web().get(path).content.decode()
        assert [word for word in (">404<", "not_found", "code_forged") if word in html] == []


@pytest.mark.parametrize("missing", ["scopes", "signed_name"])
def test_a_consent_that_is_not_whole_declares_nothing(web, token, missing):
    signed = {name: value for name, value in SIGNED.items() if name != missing}
    assert (go(web(), token, signed=signed).status_code, FinancingNeed.objects.count()) == (400, 0)


def test_banks_ticked_in_vain_are_refused_in_words(web, token):
    answer = go(web(), token, signed=SIGNED | {"scopes": ["credit_lookup"]})
    assert (answer.status_code, "请同时勾选“向所列银行提供融资需求”" in answer.content.decode()) == (
        400,
        True,
    )
    assert FinancingNeed.objects.count() == 0


def test_html_in_every_field_is_shown_as_text(web, token):
    nasty = "<script>alert(1)</script>"
    phone = web()
    phone.post(f"/q/{token}/need/", NEED | {"purpose_text": nasty, "contact_name": nasty})
    html = phone.get(f"/q/{token}/need/").content.decode()
    assert (nasty in html, "&lt;script&gt;" in html) == (False, True)


def test_nothing_personal_stands_in_an_address(web, token):
    phone, seen = web(), []
    for path, body in (("need/", NEED), ("need/banks/", OWN), ("need/consent/", SIGNED)):
        seen.append(phone.post(f"/q/{token}/{path}", body).url)
    assert [
        word
        for word in ("李老板", "139", "%E6", "30", "DEMO")
        if any(word in url.split(token)[-1] for url in seen)
    ] == []


def test_the_draft_is_gone_once_it_is_sent(web, token):
    phone = web()
    go(phone, token)
    kept = Session.objects.get(pk=phone.session.session_key).get_decoded()
    assert ("139" in str(kept), kept["declare"]) == (False, {})


def test_the_link_is_shown_on_the_phone_that_declared_and_on_no_other(web, token):
    go(web(), token)
    assert web().get(f"/q/{token}/need/done/").url == f"/q/{token}/need/"


@pytest.mark.parametrize("bring", [story.visited, story.recommended])
def test_at_a_firm_with_an_open_case_nothing_of_it_is_shown(cast, web, at_the_door, token, bring):
    case = bring(cast, of=at_the_door, banks=(cast.other_bank,))
    phone = web()
    html = phone.get(go(phone, token).url).content.decode()
    hidden = [case.track_token, case.number, "审核", "申浦示范银行", "待信用查询", "待推送"]
    assert "专班会与企业核对后再办" in html
    assert [word for word in hidden[:2] + hidden[3:] if word in html] == []


def test_a_closed_firm_is_told_so_in_words(cast, web):
    closed = make.business(at=cast.xuhui)
    token = telling.token_of(telling.door(cast, closed))
    closed.status = "closed"
    closed.save()
    page = web().get(f"/q/{token}/need/")
    assert (page.status_code, "已注销、吊销或歇业" in page.content.decode()) == (422, True)


def test_a_revoked_code_opens_no_form(cast, web, at_the_door):
    code = telling.door(cast, at_the_door, timezone.now())
    revoke(code=code, by=cast.panel, now=timezone.now(), reason="遗失")
    page = web().get(f"/q/{telling.token_of(code)}/need/")
    assert (
        page.status_code,
        "测试老字号米店" in page.content.decode(),
        "已作废" in page.content.decode(),
    ) == (410, False, True)


@pytest.mark.parametrize("path", ["need/", "need/banks/", "need/consent/", "quiet/"])
def test_the_code_of_a_person_leads_back_to_who_they_are(cast, web, path):
    token = telling.token_of(telling.door(cast, cast.officer, timezone.now()))
    phone = web()
    answer = phone.get(f"/q/{token}/{path}", follow=True)
    assert ("周访" in answer.content.decode(), answer.status_code) == (True, 200)


@pytest.mark.parametrize("who", ["officer", "panel", "bank", "city"])
def test_nobody_declares_for_an_owner_from_a_work_account(cast, web, token, who):
    page = web(getattr(cast, who)).get(f"/q/{token}/need/")
    assert (page.status_code, "请企业主用自己的手机打开" in page.content.decode()) == (403, True)


def test_the_notice_that_is_read_is_the_one_in_force(web, token):
    tomorrow = timezone.localdate() + timedelta(days=1)
    facts = {"title": "新告知书", "text": "新的", "scopes": ["credit_lookup"]}
    ConsentNotice.objects.create(version="later", effective_from=tomorrow, **facts)
    phone = web()
    phone.post(f"/q/{token}/need/", NEED)
    phone.post(f"/q/{token}/need/banks/", OWN)
    assert "新告知书" not in phone.get(f"/q/{token}/need/consent/").content.decode()


def test_do_not_disturb_is_asked_for_and_lengthened_at_the_door_and_not_ended_there(web, at_the_door, token):
    phone = web()
    told = phone.post(f"/q/{token}/quiet/", {"months": "3"}, follow=True).content.decode()
    row = DoNotDisturb.objects.get()
    assert ("已登记勿扰" in told, row.business, row.asked_by, row.lifted_at) == (
        True,
        at_the_door,
        None,
        None,
    )
    door = phone.get(f"/q/{token}/").content.decode()
    assert ("勿扰至" in door, "延长勿扰" in door, "解除勿扰" in door) == (True, True, False)
    for body in (
        {"lift": "yes"},
        {"lift": "yes", "months": "1"},
        {"months": "1"},
    ):  # a stranger may stand there
        answer = phone.post(f"/q/{token}/quiet/", body)
        row.refresh_from_db()
        assert (answer.status_code, row.lifted_at) == (400, None)
    assert "在这里只能延长" in answer.content.decode()
    assert 'name="lift"' not in phone.get(f"/q/{token}/quiet/").content.decode()
    assert phone.post(f"/q/{token}/quiet/", {"months": "6"}).status_code == 302
    longer = DoNotDisturb.objects.get(lifted_at__isnull=True)
    assert longer.until_on > row.until_on


@pytest.mark.parametrize("months", ["", "0", "13", "x", "-3", "\0"])
def test_only_the_offered_months_are_taken(web, token, months):
    assert (
        web().post(f"/q/{token}/quiet/", {"months": months}).status_code,
        DoNotDisturb.objects.count(),
    ) == (400, 0)


def test_a_code_typed_by_hand_opens_its_page(web, token):
    typed = "-".join(token[at : at + 4] for at in range(0, 16, 4)).lower()
    assert web().post("/q/", {"code": f" {typed} "}).url == f"/q/{token}/"


@pytest.mark.parametrize(
    ("typed", "words"),
    [("AAAA", "16位字符"), ("", "16位字符"), ("A" * 16, "不是由本系统制发"), ("\0" * 16, "16位字符")],
)
def test_what_is_no_code_is_said_beside_the_field(web, db, typed, words):
    page = web().post("/q/", {"code": typed})
    assert (page.status_code, words in page.content.decode(), RefusedScan.objects.count()) == (404, True, 0)


def test_an_invented_token_asks_for_no_row(web, db, django_assert_num_queries):
    """One insert, of the refusal; nothing is looked up, so that nothing can be learned from how long it takes."""
    with django_assert_num_queries(1) as seen:
        web().get("/q/AAAAAAAAAAAAAAAA/need/")
    assert seen.captured_queries[0]["sql"].startswith("INSERT")


def test_invented_and_unknown_codes_are_answered_alike(cast, web, token):
    tokens = ("AAAAAAAAAAAAAAAA", rules.token_for(rules.new_secret()))
    pages = [web().get(f"/q/{text}/") for text in tokens]
    bodies = {page.content.decode().replace(text, "") for page, text in zip(pages, tokens, strict=True)}
    assert ({page.status_code for page in pages}, len(bodies)) == ({404}, 1)


@pytest.mark.parametrize("path", ["", "need/", "report/", "quiet/", "need/nothing/"])
def test_no_page_behind_a_code_is_kept_or_indexed(web, token, path):
    page = web().get(f"/q/{token}/{path}")
    assert (page["Cache-Control"], page["X-Robots-Tag"], page["Referrer-Policy"]) == (
        "no-store", "noindex, nofollow", "same-origin",
    )  # fmt: skip
