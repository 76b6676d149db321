"""A visitor who seems wrong is reported without an account, and the answer comes back to whoever reported."""

import re
import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.errors import Invalid, NotAllowed, NotFound
from tests import factories as make
from tests.factories import NOW
from tests.visits.intake import telling
from visits.errors import ReportAnswered
from visits.intake import reports, rules
from visits.models import OwnerReport

pytestmark = pytest.mark.django_db


def said(text="他说交五百块就能办下来", **facts) -> rules.ReportSaid:
    return rules.ReportSaid(id=uuid.uuid4(), text=text, **facts)


def reported(cast, subject=None, **facts) -> OwnerReport:
    code = telling.door(cast, subject or cast.officer)
    return reports.report_visit(said=said(**facts), code=code, now=NOW)


def test_a_report_knows_whom_it_is_about_and_whose_team_looks_after_it(cast):
    about_the_officer = reported(cast)
    firm = make.business(at=cast.pudong)
    about_the_door = OwnerReport.objects.get(pk=reports.report_visit(
        said=said(), code=telling.issue_code(subject=firm, by=cast.panel_other, now=NOW), now=NOW).pk)  # fmt: skip
    assert (about_the_officer.officer, about_the_officer.district, about_the_officer.kind) == (
        cast.officer,
        cast.xuhui,
        "suspicious",
    )
    assert (about_the_door.business, about_the_door.district, about_the_door.officer) == (
        firm,
        cast.pudong,
        None,
    )


def test_a_repeat_of_the_same_form_is_no_second_report(cast):
    code, told = telling.door(cast, cast.officer), said()
    first, again = (reports.report_visit(said=told, code=code, now=NOW) for _ in range(2))
    assert (first, OwnerReport.objects.count()) == (again, 1)


@pytest.mark.parametrize("text", ["", "   ", "长" * 1001])
def test_a_report_says_something_and_not_a_book(cast, text):
    with pytest.raises(Invalid):
        reported(cast, text=text)


def test_the_owner_reports_gets_a_number_and_reads_the_answer(cast, web):
    token = telling.token_of(telling.door(cast, cast.officer, timezone.now()))
    phone = web()
    form_id = re.search(
        r'name="id" value="([0-9a-f-]{36})"', phone.get(f"/q/{token}/report/").content.decode()
    )[1]
    body = {"id": form_id, "text": "<b>收费</b>五百", "contact": "李老板 139"}
    answer = phone.post(f"/q/{token}/report/", body)
    report = OwnerReport.objects.get()
    html = phone.get(answer.url).content.decode()
    assert (report.reference in html, "接下来" in html, "五百" in html) == (True, True, False)
    reports.answer_report(report=report, by=cast.panel, now=timezone.now(), answer="已核实,系冒充,已报警。")
    assert "已核实,系冒充" in web().get(answer.url).content.decode()
    assert "&lt;b&gt;收费" in web(cast.panel).get("/district/reports/?state=answered").content.decode()


def test_the_way_back_belongs_to_its_own_code(cast, web):
    made = reported(cast)
    other = telling.token_of(telling.door(cast, cast.officer2, timezone.now()))
    assert web().get(f"/q/{other}/report/{made.form_id}/").status_code == 404
    assert web().get(f"/q/{other}/report/{uuid.uuid4()}/").status_code == 404


@pytest.mark.parametrize(
    "body", [{}, {"text": "x"}, {"id": "x", "text": "x"}, {"id": str(uuid.uuid4()), "text": "\0"}]
)
def test_a_report_that_cannot_be_read_is_asked_for_again(cast, web, body):
    token = telling.token_of(telling.door(cast, cast.officer, timezone.now()))
    assert (web().post(f"/q/{token}/report/", body).status_code, OwnerReport.objects.count()) == (400, 0)


def test_an_answer_is_final(cast):
    made = reported(cast)
    answered = reports.answer_report(report=made, by=cast.panel, now=NOW, answer="已核实。")
    assert (answered.answered_by, answered.answered_at, answered.answer) == (cast.panel, NOW, "已核实。")
    with pytest.raises(ReportAnswered):
        reports.answer_report(report=made, by=cast.panel2, now=NOW, answer="改一下")


@pytest.mark.parametrize("answer", ["", "  ", "长" * 1001])
def test_an_answer_says_something_and_not_a_book(cast, answer):
    with pytest.raises(Invalid):
        reports.answer_report(report=reported(cast), by=cast.panel, now=NOW, answer=answer)


@pytest.mark.parametrize(
    ("who", "refusal"),
    [
        ("panel_other", NotFound),
        ("officer", NotAllowed),
        ("bank", NotAllowed),
        ("auditor", NotAllowed),
        ("sysadmin", NotAllowed),
    ],
)
def test_only_the_districts_team_and_the_city_answer(cast, who, refusal):
    with pytest.raises(refusal):
        reports.answer_report(report=reported(cast), by=getattr(cast, who), now=NOW, answer="x")
    reports.answer_report(report=reported(cast), by=cast.city, now=NOW, answer="市级已核实。")


def test_the_desk_shows_its_own_district_the_longest_waiting_first(cast, web):
    first, second = reported(cast, text="甲"), reported(cast, text="乙")
    far = make.business(at=cast.pudong)
    reports.report_visit(
        said=said("丙"), code=telling.issue_code(subject=far, by=cast.panel_other, now=NOW), now=NOW
    )
    html = web(cast.panel).get("/district/reports/").content.decode()
    assert (html.index(first.reference) < html.index(second.reference), ">丙<" in html) == (True, False)
    assert all(f">{word}<" in web(cast.city).get("/district/reports/").content.decode() for word in "甲乙丙")


def test_what_waits_is_counted_in_the_navigation(cast, web):
    assert 'class="count' not in _entry(web(cast.panel).get("/district/cases/").content.decode())
    made = reported(cast)
    assert ">1</span>" in _entry(web(cast.panel).get("/district/cases/").content.decode())
    reports.answer_report(report=made, by=cast.panel, now=NOW, answer="已核实。")
    assert 'class="count' not in _entry(web(cast.panel).get("/district/cases/").content.decode())


def _entry(html: str) -> str:
    start = html.index('href="/district/reports/"')
    return html[start : html.index("</a>", start)]


def test_answering_on_the_desk_and_being_too_late(cast, web):
    made = reported(cast)
    desk = web(cast.panel)
    answer = desk.post(f"/district/reports/{made.pk}/answer/", {"answer": "已核实。"}, follow=True)
    assert f"已答复{made.reference}" in answer.content.decode()
    late = desk.post(f"/district/reports/{made.pk}/answer/", {"answer": "再改"})
    assert late.status_code == 409
    empty = desk.post(f"/district/reports/{reported(cast).pk}/answer/", {"answer": " \0"})
    assert (empty.status_code, "请填写答复" in empty.content.decode()) == (400, True)


@pytest.mark.parametrize(
    "asked",
    ["?kind=complaint", "?kind=x", "?kind=%00", "?page=x", "?page=999", "?state=answered&kind=suspicious"],
)
def test_what_is_asked_of_the_desk_in_vain_is_an_empty_list(cast, web, asked):
    reported(cast)
    assert web(cast.panel).get(f"/district/reports/{asked}").status_code == 200


@pytest.mark.parametrize("state", ["", "?state=answered"])
def test_the_desk_costs_the_same_for_one_and_three(cast, web, state):
    def cost() -> int:
        with CaptureQueriesContext(connection) as seen:
            web(cast.panel).get(f"/district/reports/{state}")
        return len(seen)

    counts = []
    for number in (1, 2):
        for _ in range(number):
            made = reported(cast)
            if state:
                reports.answer_report(report=made, by=cast.panel, now=NOW, answer="已核实。")
        counts.append(cost())
    assert counts[0] == counts[1]
