"""Whom the bank calls: the name and number told with the need."""

import pytest
from django.utils import timezone

from accounts.roles import Role
from tests import factories as make
from tests.visits.field.test_phone_pages import need, opened, shop  # noqa: F401  shop is a fixture
from tests.visits.field.test_record import plain
from visits.codes import rules, services
from visits.field.rules import phone_of
from visits.models import FinancingNeed

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("13800000001", "13800000001"), (" 138 0000 0001 ", "13800000001"), ("+86 138-0000-0001", "+86138-0000-0001"),
        ("13800000001", "13800000001"), ("021-62345678", "021-62345678"), ("021—62345678", "021-62345678"),
        ("12345", "12345"), ("1234", None), ("1" * 20, "1" * 20), ("1" * 21, None), ("12345+", None), ("-12345", None),
        ("12--345", None), ("١٢٣٤٥", None), ("call me", None), ("", None),
    ],
)  # fmt: skip
def test_a_telephone_number_has_one_spelling(typed, kept):
    assert phone_of(typed) == kept


def told(cast, api, **changes):
    body = make.visit_body(make.business(), banks=(cast.first_bank,))
    body["need"] |= changes
    answer = api(cast.officer).post("/api/v1/visits/", body)
    return answer.status_code, answer.json()


def test_the_need_keeps_name_and_number(cast, api):
    assert told(cast, api, contact_name="李会计", contact_phone="021-62345678")[0] == 201
    kept = FinancingNeed.objects.get()
    assert (kept.contact_name, kept.contact_phone) == ("李会计", "021-62345678")


def test_without_a_name_it_is_whoever_signed(cast, api):
    told(cast, api, contact_name="")
    assert FinancingNeed.objects.get().contact_name == "测试业主"


def test_a_need_without_a_number_is_complete_all_the_same(cast, api):
    status, answer = told(cast, api, contact_phone="")
    assert (status, answer["status"], FinancingNeed.objects.get().contact_phone) == (201, "ok", "")


@pytest.mark.parametrize("wrong", ["1234", "x" * 30, "1" * 41, "13800000001\x00", {"a": 1}, [], True])
def test_what_is_no_number_is_refused_where_it_stands(cast, api, wrong):
    status, answer = told(cast, api, contact_phone=wrong)
    assert (status, answer["code"], list(answer["fields"])) == (400, "invalid", ["need.contact_phone"])


def test_another_spelling_of_the_number_is_the_same_visit(cast, api):
    body = make.visit_body(make.business())
    statuses = []
    for spelling in ("138 0000 0001", "13800000001"):
        body["need"]["contact_phone"] = spelling
        statuses.append(api(cast.officer).post("/api/v1/visits/", body).status_code)
    assert statuses == [201, 200]


def test_the_page_asks_for_the_number_and_keeps_it(cast, web, shop):  # noqa: F811
    client, url = web(cast.officer), f"/m/visit/{shop.credit_code}/"
    page = client.get(url).content.decode()
    assert ('type="tel"' in page, "银行收到推荐后按这个电话联系企业主" in page) == (True, True)
    client.post(url, opened(client, url) | need(contact_phone="138 0000 0009"))
    kept = FinancingNeed.objects.get()
    assert (kept.contact_name, kept.contact_phone) == ("王老板", "13800000009")


def test_the_page_says_what_is_wrong_with_a_number(cast, web, shop):  # noqa: F811
    client, url = web(cast.officer), f"/m/visit/{shop.credit_code}/"
    answer = client.post(url, opened(client, url) | need(contact_phone="12"))
    assert (answer.status_code, list(answer.context["form"].errors)) == (400, ["contact_phone"])


def test_a_number_filled_in_beforehand_does_not_stop_a_visit_without_need(cast, web, shop):  # noqa: F811
    client, url = web(cast.officer), f"/m/visit/{shop.credit_code}/"
    sent = opened(client, url) | {
        "outcome": "no_need",
        "contact_phone": "13800000001",
        "contact_name": "王老板",
    }
    assert (client.post(url, sent).status_code, FinancingNeed.objects.count()) == (302, 0)


def test_the_recorded_visit_shows_the_number_masked(cast, api, web):
    body = make.visit_body(make.business())
    api(cast.officer).post("/api/v1/visits/", body)
    page = web(cast.officer).get(f"/m/visits/{body['id']}/").content.decode()
    assert ("138****0001" in page, "13800000001" in page) == (True, False)


def known(client, url) -> tuple:
    form = client.get(url).context["form"]
    return form["contact_name"].value(), form["contact_phone"].value()


def test_the_page_fills_in_what_the_officers_own_visits_know(cast, api, web, shop):  # noqa: F811
    url = f"/m/visit/{shop.credit_code}/"
    before = known(web(cast.officer), url)
    api(cast.officer).post("/api/v1/visits/", make.visit_body(shop))
    assert (before, known(web(cast.officer), url)) == (("", ""), ("测试业主", "13800000001"))


def test_the_page_fills_in_what_the_register_knows(cast, web, shop):  # noqa: F811
    shop.phone = "13900000001"
    shop.save(update_fields=["phone"])
    assert known(web(cast.officer), f"/m/visit/{shop.credit_code}/") == ("", "13900000001")


def test_a_door_code_alone_gives_a_stranger_no_number(cast, api, web, shop):  # noqa: F811
    shop.phone = "13900000001"
    shop.save(update_fields=["phone"])
    api(cast.officer).post("/api/v1/visits/", make.visit_body(shop))
    code = services.issue_code(subject=shop, by=cast.panel, now=timezone.now())
    stranger = make.user("officer3", Role.FIELD_OFFICER, make.branch(cast.other_bank, cast.pudong))
    assert known(web(stranger), f"/m/visit/code/{rules.token_for(code.secret)}/") == ("", "")


def test_a_visit_without_need_has_no_contact(cast, api):
    body = plain(make.business()) | {"need": {"contact_phone": "13800000001"}}
    assert api(cast.officer).post("/api/v1/visits/", body).status_code == 400
