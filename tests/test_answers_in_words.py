"""What people and programs are told when something cannot be read or found: in Chinese, and in words for them."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from rest_framework.test import APIClient

from accounts.admin_export import Due, spell
from accounts.templatetags.doorstep import rate
from lending.district_review.services import review
from tests import factories as make
from tests.factories import NOW
from tests.lending import story
from visits.register.reading import excerpt
from visits.register.scan import UnusableFile, open_register


@pytest.mark.django_db
def test_a_missing_csrf_token_is_named(cast):
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(cast.officer)
    answer = client.post("/api/v1/visits/", {}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (403, "csrf_failed")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("body", "field", "words"),
    [
        ("null", "non_field_errors", "没有提交内容。"),
        ('{"note": "a\\u0000b"}', "note", "含有无法保存的空字符(NUL),请删去后重试。"),
    ],
)
def test_what_was_sent_is_refused_in_chinese(cast, api, body, field, words):
    answer = api(cast.officer).post("/api/v1/visits/", body, content_type="application/json")
    assert (answer.status_code, answer.json()["fields"][field]) == (400, words)


@pytest.mark.django_db
@pytest.mark.parametrize("number", [5, 0, True, {"int": 5}, "urn:uuid:" + "0" * 32])
def test_an_id_is_a_uuid_in_text(cast, api, number):
    body = make.visit_body(make.business(at=cast.xuhui)) | {"id": number}
    answer = api(cast.officer).post("/api/v1/visits/", body, format="json")
    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["id"])


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/track/unbekannt/", "/q/unbekannt/"])
def test_owners_are_not_sent_to_a_work_page_or_an_administrator(client, path):
    html = client.get(path).content.decode()
    assert [words for words in ("回到我的工作页", "管理员", "您的岗位") if words in html] == []


@pytest.mark.django_db
def test_a_stale_page_of_an_owner_is_told_in_owner_words():
    html = Client(enforce_csrf_checks=True).post("/track/x/withdraw/").content.decode()
    assert [words for words in ("回到我的工作页", "管理员", "您的岗位") if words in html] == []


@pytest.mark.django_db
def test_pages_that_only_take_a_form_lead_back_when_they_are_opened(cast, web):
    owner, officer = web().get("/track/x/withdraw/"), web(cast.officer).get("/m/me/code/")
    assert [(a.status_code, a["Location"]) for a in (owner, officer)] == [(302, "/track/x/"), (302, "/m/me/")]


@pytest.mark.parametrize(
    ("hour", "words"), [(16, "2026-11-14 24:00"), (4, "2026-11-14 12:00")], ids=["midnight", "noon"]
)
def test_an_export_writes_a_due_moment_as_the_pages_do(hour, words):
    assert spell(Due.of(datetime(2026, 11, 14, hour, tzinfo=UTC))) == words


@pytest.mark.django_db
def test_an_unknown_stage_of_the_queue_is_named(cast, web):
    assert "没有这个环节" in web(cast.panel).get("/district/cases/?stage=zzz").content.decode()


@pytest.mark.parametrize(("as_of", "words"), [("zz", "不是日期"), ("2999-01-01", "还没有到")])
def test_a_list_is_of_a_day_that_has_come(as_of, words):
    with pytest.raises(CommandError) as refused:
        call_command("import_register", "x.csv", "--as-of", as_of)
    assert words in str(refused.value)


@pytest.mark.parametrize(("path", "words"), [("/dev", "文件夹"), ("/dev/null", "不是普通文件")])
def test_what_is_no_file_is_named(path, words):
    with pytest.raises(UnusableFile) as refused:
        open_register(Path(path))
    assert words in str(refused.value.sentence)


def test_the_excerpt_of_a_refused_row_is_the_row():
    cells = ["甲公司", "1", "2020-01-01", "类", "人", "100", "经营", "上海", "徐汇", "漕溪路1号\n2室"]
    assert excerpt(cells) == "甲公司,1,2020-01-01,类,人,100,经营,上海,徐汇,漕溪路1号 2室"


@pytest.mark.parametrize(
    ("stored", "shown"), [("3.8500", "3.85"), ("4.0000", "4"), ("10", "10"), (None, "—")]
)
def test_a_rate_is_written_without_the_zeros_behind_it(stored, shown):
    assert rate(stored) == shown


@pytest.mark.django_db
def test_the_form_of_a_visit_asks_why_this_firm_came_back(cast, web):
    case = story.looked_up(cast)
    review(case=case, by=cast.panel, now=NOW, outcome="return", criteria={}, reason="缺租约")
    officer, code = web(cast.officer), case.business.credit_code
    part = f"/m/returned/?business={code}"
    told = [officer.get(at).content.decode() for at in (f"/m/visit/{code}/", part, f"{part}0")]
    assert (part in told[0], "缺租约" in told[1], "缺租约" in told[2]) == (True, True, False)
