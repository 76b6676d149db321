"""Codes, refused scans, notices, consents and visits in the admin: the city looks, nobody changes."""

import pytest
from django.utils import timezone

from tests import factories as make
from visits.codes import rules, services
from visits.errors import CodeForged
from visits.models import Code, Consent, ConsentNotice, RefusedScan, Visit

pytestmark = pytest.mark.django_db
LISTS = {
    "code": Code,
    "refusedscan": RefusedScan,
    "consentnotice": ConsentNotice,
    "consent": Consent,
    "visit": Visit,
}


@pytest.fixture
def rows(cast, api):
    shop = make.business("测试米店")
    services.issue_code(subject=shop, by=cast.panel, now=timezone.now())
    services.issue_code(subject=cast.officer, by=cast.officer, now=timezone.now())
    with pytest.raises(CodeForged):
        services.scan(text="AAAAAAAAAAAAAAAA", by=None, now=timezone.now())
    assert (
        api(cast.officer).post("/api/v1/visits/", make.visit_body(shop, banks=(cast.first_bank,))).status_code
        == 201
    )


@pytest.mark.parametrize("name", LISTS)
def test_the_city_reads_every_list_and_row(cast, web, rows, name):
    client = web(cast.city)
    one = LISTS[name].objects.first()
    pages = [client.get(f"/admin/visits/{name}/"), client.get(f"/admin/visits/{name}/{one.pk}/change/")]
    assert [page.status_code for page in pages] == [200, 200]


@pytest.mark.parametrize("name", LISTS)
def test_the_city_adds_changes_and_deletes_nothing(cast, web, rows, name):
    client, one = web(cast.city), LISTS[name].objects.first()
    answers = [
        client.get(f"/admin/visits/{name}/add/"), client.post(f"/admin/visits/{name}/{one.pk}/change/", {}),
        client.post(f"/admin/visits/{name}/{one.pk}/delete/", {"post": "yes"}),
    ]  # fmt: skip
    assert [answer.status_code for answer in answers] == [403, 403, 403]


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("who", ["bank", "sysadmin", "secadmin"])
def test_others_find_none_of_it(cast, web, rows, name, who):
    assert web(getattr(cast, who)).get(f"/admin/visits/{name}/").status_code in (403, 404)


def test_the_auditor_reads_refused_scans_and_notices_only(cast, web, rows):
    client = web(cast.auditor)
    seen = {name: client.get(f"/admin/visits/{name}/").status_code for name in LISTS}
    assert [name for name, status in seen.items() if status == 200] == ["refusedscan", "consentnotice"]


def test_no_page_of_the_admin_gives_a_token_away(cast, web, rows):
    code = Code.objects.filter(kind="business").get()
    client = web(cast.city)
    pages = [
        client.get(path).content.decode()
        for path in ("/admin/visits/code/", f"/admin/visits/code/{code.pk}/change/")
    ]
    assert [code.secret in page or rules.token_for(code.secret) in page for page in pages] == [False, False]


@pytest.mark.parametrize("name", LISTS)
def test_searching_the_lists_is_harmless(cast, web, rows, name):
    client = web(cast.city)
    answers = {
        client.get(f"/admin/visits/{name}/", {"q": words}).status_code
        for words in ("米店", "%", "AAAA-AAAA", "'")
    }
    assert answers == {200}
