"""The admin is a door: who may come in, what they see there, and that no list, filter or export shows more."""

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.test import RequestFactory

from accounts.admin_scope import ScopedAdmin
from accounts.models import Organisation, User
from accounts.roles import Role
from lending.models import Recommendation, Repair
from tests import factories as make
from tests.lending.bank_decision import stage

pytestmark = pytest.mark.django_db
INBOX = "/admin/lending/recommendation/"


@pytest.fixture
def pushed(cast):
    """One to each of two banks."""
    return stage.push(cast), stage.push(cast, to=cast.other_bank)


@pytest.mark.parametrize("path", ["/admin/", INBOX, "/admin/login/?next=/admin/"])
def test_nobody_meets_the_products_own_sign_in(web, db, path):
    answer = web().get(path)
    assert (answer.status_code, answer.url.split("?")[0]) == (302, "/sign-in/")


@pytest.mark.parametrize("person", ["officer", "panel"])
@pytest.mark.parametrize("path", ["/admin/", INBOX, "/admin/login/"])
def test_whoever_works_elsewhere_is_refused(cast, web, person, path):
    assert web(getattr(cast, person)).get(path).status_code == 403


@pytest.mark.parametrize("person", ["bank", "bankhead", "city", "sysadmin", "secadmin", "auditor"])
def test_everybody_who_works_here_sees_a_first_page_in_chinese(cast, web, pushed, person):
    page = web(getattr(cast, person)).get("/admin/").content.decode()
    assert ("走访通" in page, "Axes" in page, "Django administration" in page) == (True, False, False)


def test_signing_out_takes_a_post(cast, web):
    client = web(cast.bank)
    client.get("/admin/logout/")
    assert client.get("/admin/").status_code == 200
    assert client.post("/admin/logout/").url == "/sign-in/"
    assert client.get("/admin/").status_code == 302


def test_a_bank_sees_its_own_rows_and_the_others_are_not_there(cast, web, pushed):
    mine, theirs = pushed
    client = web(cast.bank)
    page = client.get(INBOX).content.decode()
    assert (mine.case.number in page, theirs.case.number in page) == (True, False)
    for path in (
        f"{theirs.pk}/change/",
        f"{theirs.pk}/history/",
        f"{theirs.pk}/decide/",
        "999999999999999999999/change/",
        "x/change/",
        "%00/change/",
    ):
        assert (path, client.get(f"{INBOX}{path}").status_code) == (path, 404)


def test_what_a_role_has_nothing_to_do_with_is_forbidden(cast, web, pushed):
    assert web(cast.bank).get("/admin/accounts/organisation/").status_code == 403
    assert web(cast.sysadmin).get(INBOX).status_code == 403
    assert web(cast.bank).get("/admin/lending/event/").status_code == 403


@pytest.mark.parametrize("role", [Role.BANK_REVIEWER, Role.CITY])
def test_a_person_without_an_organisation_sees_nothing(cast, web, pushed, role):
    lost = make.user("lost", role, None)
    page = web(lost).get(INBOX).content.decode()
    assert [row.case.number in page for row in pushed] == [False, False]


def test_nothing_is_added_changed_or_deleted_behind_the_services(cast, web, pushed):
    mine, client = pushed[0], web(cast.bankhead)
    assert client.get(f"{INBOX}add/").status_code == 403
    assert client.get(f"{INBOX}{mine.pk}/delete/").status_code == 403
    assert client.post(f"{INBOX}{mine.pk}/change/", {"state": "decided"}).status_code == 405
    assert client.post(INBOX, {"action": "delete_selected", "_selected_action": mine.pk}).status_code == 302
    assert Recommendation.objects.get(pk=mine.pk).state == "pushed"


@pytest.mark.parametrize(
    "query",
    ["decisions__annual_rate_pct__gt=1", "case__recommendations__bank=1", "case__business__phone=1", "snapshot__need=1"],
)  # fmt: skip
def test_a_lookup_that_no_filter_offers_is_refused(cast, web, pushed, query):
    assert web(cast.bank).get(f"{INBOX}?{query}").status_code == 400


@pytest.mark.parametrize(
    "query",
    [
        "q=%00",
        "case__district__id__exact=%00",
        "branch__id__exact=x",
        "p=x",
        "p=99999",
        "o=99.99",
        "tab=%00",
        "tab=x",
    ],
)
def test_a_bad_query_is_never_a_fault(cast, web, pushed, query):
    assert web(cast.bank).get(f"{INBOX}?{query}").status_code in (200, 302, 400)


def test_a_filter_offers_only_what_occurs_in_the_rows_one_sees(cast, web, pushed):
    from tests.lending.bank_decision.test_admin_inbox import choices

    local = make.branch(cast.first_bank, cast.pudong)
    Recommendation.objects.filter(pk=pushed[0].pk).update(branch=cast.branch)
    second = stage.push(cast)
    Recommendation.objects.filter(pk=second.pk).update(branch=local)
    foreign = make.branch(cast.other_bank, cast.xuhui)
    Recommendation.objects.filter(pk=pushed[1].pk).update(branch=foreign)
    assert choices(web(cast.bank).get(INBOX), "branch") == ["", str(cast.branch.pk), str(local.pk)]


def request_of(user: User):
    request = RequestFactory().get("/")
    request.user = user
    return request


def test_a_dropdown_holds_only_visible_rows_whatever_the_subclass_asks_for(cast, pushed):
    it, field = ScopedAdmin(Repair, admin.site), Repair._meta.get_field("case")
    mine = [pushed[0].case]
    everything = pushed[0].case.__class__.objects.all()
    assert list(it.formfield_for_foreignkey(field, request_of(cast.bank)).queryset) == mine
    asked = it.formfield_for_foreignkey(field, request_of(cast.bank), queryset=everything)
    assert list(asked.queryset) == mine


def test_autocomplete_is_for_those_who_may_open_the_list(cast, web):
    query = "?term=徐汇&app_label=accounts&model_name=user&field_name=organisation"
    assert web(cast.bank).get(f"/admin/autocomplete/{query}").status_code == 403
    found = web(cast.sysadmin).get(f"/admin/autocomplete/{query}").json()["results"]
    assert [row["text"] for row in found if row["text"] == "徐汇区"] == ["徐汇区"]


def test_an_export_holds_the_same_rows_harmless_and_is_logged(cast, web, pushed):
    firm = pushed[0].case.business
    firm.name = "=cmd|' /C calc'!A0"
    firm.save(update_fields=["name"])
    answer = web(cast.bank).get(f"{INBOX}export/?tab=pushed")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    assert (pushed[0].case.number in text, pushed[1].case.number in text) == (True, False)
    assert ("'=cmd" in text, ",=cmd" in text) == (True, False)
    assert "钱贷 于 " in text.splitlines()[-1]
    entry = LogEntry.objects.get()
    assert (entry.user, "tab=pushed" in entry.change_message) == (cast.bank, True)


def test_an_export_of_what_one_may_not_open_is_not_there(cast, web):
    assert web(cast.bank).get("/admin/accounts/user/export/").status_code == 404
    assert web(cast.sysadmin).get(f"{INBOX}export/").status_code == 404


def test_djangos_permission_tables_open_nothing(cast, web):
    from django.contrib.auth.models import Permission

    cast.bank.user_permissions.set(Permission.objects.all())
    cast.bank.is_superuser = True
    cast.bank.save()
    assert web(cast.bank).get("/admin/accounts/organisation/").status_code == 403
    assert Organisation.objects.count() > 0
