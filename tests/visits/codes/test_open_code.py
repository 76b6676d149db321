"""`/q/<token>/` and `GET codes/{token}/`: everyone learns what they may, and no more."""

import pytest
from django.utils import timezone

from accounts import rate_limits
from tests import factories as make
from visits.codes import flood, rules, services
from visits.models import RefusedScan

pytestmark = pytest.mark.django_db
GUESSES = rate_limits.GUESS[0][1].count  # of one address in ten minutes


def token_of(subject, by, **kwargs) -> str:
    now = kwargs.pop("now", timezone.now())
    return rules.token_for(services.issue_code(subject=subject, by=by, now=now).secret)


@pytest.fixture
def shop(cast):
    facts = {
        "credit_code": "91310104MADEM9999U",
        "representative": "王老板",
        "phone": "13812345678",
        "address": "测试路一号",
    }
    return make.business("测试老字号米店", **facts)


def test_a_stranger_sees_who_the_visitor_is(cast, web):
    cast.officer.staff_number = "HJ-0001"
    cast.officer.save()
    page = web().get(f"/q/{token_of(cast.officer, cast.officer)}/")
    text = page.content.decode()
    said = [
        word in text
        for word in (
            "周访",
            "沪江示范银行徐汇区支行",
            "HJ-0001",
            "有效",
            "服务免费",
            "不与任何中介合作",
            "12345",
        )
    ]
    assert (page.status_code, said) == (200, [True] * 7)


def test_a_stranger_learns_of_a_business_only_the_name_on_its_door(cast, web, shop):
    text = web().get(f"/q/{token_of(shop, cast.panel)}/").content.decode()
    hidden = [shop.credit_code, "王老板", "13812345678", "测试路一号", "个体", "企业</dd>"]
    assert ("测试老字号米店" in text, [word for word in hidden if word in text]) == (True, [])


def test_a_stranger_learns_what_a_grid_code_is(cast, web):
    text = web().get(f"/q/{token_of(make.grid(cast.xuhui), cast.panel)}/").content.decode()
    assert ("一号网格" in text, "310104-G1" in text, "服务免费" in text) == (True, False, True)


def test_an_officer_at_a_door_goes_straight_to_the_visit(cast, web, shop):
    token = token_of(shop, cast.panel)
    answer = web(cast.officer).get(f"/q/{token}/")
    assert (answer.status_code, answer.url) == (302, f"/m/visit/code/{token}/")


def test_the_districts_team_sees_the_business(cast, web, shop):
    text = web(cast.panel).get(f"/q/{token_of(shop, cast.panel)}/").content.decode()
    assert (shop.credit_code in text, "测试路一号" in text, RefusedScan.objects.count()) == (True, True, 0)


@pytest.mark.parametrize("who", ["panel_other", "bank", "auditor", "sysadmin"])
def test_a_person_without_right_gets_an_explanation_and_the_scan_is_kept(cast, web, shop, who):
    person = getattr(cast, who)
    page = web(person).get(f"/q/{token_of(shop, cast.panel)}/")
    kept = RefusedScan.objects.get()
    assert (page.status_code, shop.credit_code in page.content.decode()) == (200, False)
    assert (kept.reason, kept.scanned_by, "不在您的工作范围内" in page.content.decode()) == (
        "not_yours",
        person,
        True,
    )


@pytest.mark.parametrize(
    ("token", "status", "reason"),
    [
        ("AAAA", 404, "malformed"),
        ("%00%00", 404, "malformed"),
        ("AAAAAAAAAAAAAAAA", 404, "forged"),
        ("😀" * 30, 404, "malformed"),
    ],
)
def test_what_is_no_code_of_ours_gets_a_page_and_is_kept(web, db, token, status, reason):
    page = web().get(f"/q/{token}/")
    assert (page.status_code, RefusedScan.objects.get().reason) == (status, reason)
    assert "没有登记任何内容" in page.content.decode()


def test_a_revoked_code_is_gone(cast, web, shop):
    code = services.issue_code(subject=shop, by=cast.panel, now=timezone.now())
    services.revoke(code=code, by=cast.panel, now=timezone.now(), reason="遗失")
    page = web().get(f"/q/{rules.token_for(code.secret)}/")
    assert (
        page.status_code,
        "测试老字号米店" in page.content.decode(),
        "已作废" in page.content.decode(),
    ) == (410, False, True)


def test_a_flood_of_invented_tokens_is_answered_and_not_all_kept(web, db):
    answers = {web().get("/q/AAAAAAAAAAAAAAAA/").status_code for _ in range(flood.KEPT_PER_MINUTE + 5)}
    assert answers == {404, 429}
    assert RefusedScan.objects.count() == GUESSES


def flood_of(client, path="/q/AAAAAAAAAAAAAAAA/", **extra) -> int:
    """How many of five more refusals than are kept in a minute were stored."""
    before = RefusedScan.objects.count()
    for _ in range(flood.KEPT_PER_MINUTE + 5):
        assert client.get(path, **extra).status_code in (
            404,
            429,
        )  # who guesses without an account is stopped soon
    return RefusedScan.objects.count() - before


@pytest.fixture
def one_minute(monkeypatch):
    """The minute does not turn over while a test floods."""
    now = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: now)


@pytest.mark.parametrize("path", ["/q/AAAAAAAAAAAAAAAA/", "/m/scan/?text=AAAA", "/api/v1/codes/AAAA/"])
def test_a_flood_by_somebody_signed_in_is_not_all_kept_either(cast, web, one_minute, path):
    assert flood_of(web(cast.officer), path) == flood.KEPT_PER_MINUTE


def test_people_behind_one_proxy_are_counted_apart(web, db, settings, one_minute):
    settings.TRUSTED_PROXIES = 1
    kept = [flood_of(web(), HTTP_X_FORWARDED_FOR=address) for address in ("203.0.113.1", "203.0.113.2")]
    assert kept == [GUESSES] * 2


def test_a_flood_of_one_person_leaves_room_for_another(cast, web, one_minute):
    assert [flood_of(web(who)) for who in (cast.officer, cast.officer2)] == [flood.KEPT_PER_MINUTE] * 2


def test_the_page_is_not_cached_and_its_token_leaves_with_no_link(cast, web, shop):
    page = web().get(f"/q/{token_of(shop, cast.panel)}/")
    assert ("no-store" in page["Cache-Control"], page["Referrer-Policy"]) == (True, "same-origin")


def test_the_api_tells_an_officer_what_a_code_stands_for(cast, api, shop):
    said = api(cast.officer).get(f"/api/v1/codes/{token_of(shop, cast.panel)}/").json()
    door = {"credit_code": shop.credit_code, "name": "测试老字号米店", "district": "310104"}
    assert (said["kind"], said["version"], said["business"], said["officer"], said["grid"]) == (
        "business",
        1,
        door,
        None,
        None,
    )


def test_the_api_tells_anyone_signed_in_who_a_visitor_is(cast, api):
    said = api(cast.bank).get(f"/api/v1/codes/{token_of(cast.officer, cast.officer)}/").json()
    assert said["officer"] == {"name": "周访", "staff_number": "", "organisation": "沪江示范银行徐汇区支行"}


def test_the_api_tells_the_panel_which_grid_a_code_hangs_in(cast, api):
    said = api(cast.panel).get(f"/api/v1/codes/{token_of(make.grid(cast.xuhui), cast.panel)}/").json()
    assert said["grid"] == {"code": "310104-G1", "name": "一号网格", "district": "310104"}


@pytest.mark.parametrize("who", ["panel_other", "bank", "auditor"])
def test_the_api_hides_what_the_caller_may_not_know(cast, api, shop, who):
    answer = api(getattr(cast, who)).get(f"/api/v1/codes/{token_of(shop, cast.panel)}/")
    assert (answer.status_code, answer.json()["code"], RefusedScan.objects.get().reason) == (
        404,
        "not_found",
        "not_yours",
    )


def test_the_api_names_why_a_code_is_refused(cast, api, shop):
    code = services.issue_code(subject=shop, by=cast.panel, now=timezone.now())
    services.revoke(code=code, by=cast.panel, now=timezone.now(), reason="遗失")
    tokens = ("AAAA", "AAAAAAAAAAAAAAAA", rules.token_for(rules.new_secret()), rules.token_for(code.secret))
    answers = [api(cast.officer).get(f"/api/v1/codes/{token}/") for token in tokens]
    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [
        (404, "code_malformed"), (404, "code_forged"), (404, "code_unknown"), (422, "code_revoked"),
    ]  # fmt: skip


def test_the_api_tells_nobody_nothing(cast, api, shop):
    assert api().get(f"/api/v1/codes/{token_of(shop, cast.panel)}/").status_code == 401
