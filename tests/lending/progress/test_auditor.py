"""The auditor follows who did what and when, and checks the chain, without reading what was decided about a firm."""

import csv
import io

import pytest

from lending.models import Event
from tests.factories import NOW
from tests.lending import story
from tests.lending.bank_decision import stage
from tests.lending.bank_decision.test_deciding import decide

pytestmark = pytest.mark.django_db
LIST = "/admin/lending/event/"
TOLD = ("不予授信", "银行未授信", "R08", "declined")


@pytest.fixture
def event(cast):
    pushed = stage.push(cast)
    decide(pushed, stage.declined(), cast.bank, now=NOW)
    return Event.objects.get(kind="decided")


def exported(client) -> list[list[str]]:
    text = b"".join(client.get(f"{LIST}export/").streaming_content)
    return list(csv.reader(io.StringIO(text.decode("utf-8-sig"))))


def test_the_auditor_reads_who_and_when_and_the_chain(cast, web, event):
    html = web(cast.auditor).get(f"{LIST}{event.pk}/change/").content.decode()
    shown = ("银行作出决定", cast.bank.name, event.case.number, event.digest, event.previous_digest)
    assert [text for text in shown if text not in html] == []
    assert [text for text in TOLD if text in html] == []


def test_the_list_tells_the_auditor_no_outcome(cast, web, event):
    html = web(cast.auditor).get(LIST).content.decode()
    assert (event.digest[:12] in html, [text for text in TOLD if text in html]) == (True, [])


@pytest.mark.parametrize(
    "query",
    ["to_stage=declined", "to_stage__exact=declined", "detail__icontains=R08", "from_stage=with_bank"],
)
def test_nor_does_a_filter_of_the_auditors_own(cast, web, event, query):
    answer = web(cast.auditor).get(f"{LIST}?{query}")
    assert (answer.status_code, event.digest[:12] in answer.content.decode()) in ((400, False), (302, False))


def test_the_city_reads_the_whole_of_it(cast, web, event):
    html = web(cast.city).get(f"{LIST}{event.pk}/change/").content.decode()
    assert [text for text in ("不予授信", "R08") if text not in html] == []


@pytest.mark.parametrize(("who", "columns"), [("auditor", 9), ("city", 11)])
def test_the_export_holds_as_much_as_the_page(cast, web, event, who, columns):
    story.visited(cast)
    head, *rows = exported(web(getattr(cast, who)))
    assert (len(head), any(text in cell for text in TOLD[:3] for row in rows for cell in row)) == (
        columns, who == "city",
    )  # fmt: skip
