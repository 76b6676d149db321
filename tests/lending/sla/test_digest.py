"""What stands in a mail: counts, table, link, reason, what happens next; in text and in HTML."""

from datetime import timedelta

import pytest

from lending.models import Alert
from lending.sla import services as sla
from lending.sla.sending import send_pending
from lending.sla.sweep import sweep
from tests import factories as make
from tests.lending.sla import making

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def parts(letter):
    return tuple(letter.get_body((kind,)).get_content() for kind in ("plain", "html"))


@pytest.fixture
def digest(cast, smtp):
    """Two clocks late and three with three days left, all swept by the same night."""
    early, late = make.NOW, make.NOW + 4 * DAY
    clocks = [making.clock(cast, now=at) for at in (early, early, late, late, late)]
    now = clocks[-1].due_at - 4 * DAY
    sweep(now=now)
    send_pending(now=now)
    return next(letter for letter in smtp.letters if letter["To"] == "bank@test.invalid"), clocks


def test_one_recipient_gets_one_mail_about_everything(digest, smtp):
    assert sorted(letter["To"] for letter in smtp.letters) == [
        "bank2@test.invalid", "bank@test.invalid", "bankhead@test.invalid",
    ]  # fmt: skip


def test_the_subject_says_how_many_and_how_late(digest):
    assert digest[0]["Subject"] == "【超期提醒】2 笔超期、3 笔三日内到期 — 徐汇区"


def test_text_and_html_hold_number_name_amount_due_date_days_and_link(digest):
    letter, clocks = digest
    case = clocks[0].case
    facts = [case.number, case.business.name, "50", "12月5日24时", "超期 1 天",
             f"https://doorstep.example.cn/go/{case.number}/"]  # fmt: skip
    assert [[fact for fact in facts if fact not in part] for part in parts(letter)] == [[], []]


def test_the_most_urgent_case_stands_first(digest):
    letter, clocks = digest
    text = parts(letter)[0]
    places = [text.index(clock.case.number) for clock in clocks]
    assert max(places[:2]) < min(places[2:])


def test_the_mail_says_why_it_came_and_what_happens_next(digest):
    text, html = parts(digest[0])
    said = ["您是沪江示范银行的银行审核人员", "如未办结,最早一笔将于12月7日再次提醒、通知银行联络人。"]
    assert [[part.count(words) for words in said] for part in (text, html)] == [[1, 1], [1, 1]]


def test_no_person_at_the_firm_is_named(cast, smtp):
    clock = making.clock(cast)
    business = clock.case.business
    business.representative, business.phone = "王业主", "13800138000"
    business.save()
    sweep(now=clock.due_at)
    send_pending(now=clock.due_at)
    assert [
        word for part in parts(smtp.letters[0]) for word in ("王业主", "13800138000") if word in part
    ] == []


def test_a_name_with_markup_stays_text(cast, smtp):
    clock = making.clock(cast, of=making.case(cast, name="<b>上海&测试</b>商贸"))
    sweep(now=clock.due_at)
    send_pending(now=clock.due_at)
    text, html = parts(smtp.letters[0])
    assert ("<b>上海&测试</b>商贸" in text, "&lt;b&gt;上海&amp;测试&lt;/b&gt;商贸" in html, "<b>上海" in html) == (
        True, True, False,
    )  # fmt: skip


def test_a_new_recommendation_is_told_at_once(cast, smtp):
    clock = making.clock(cast)
    sla.notify_all_assigned(deadlines=[clock], now=make.NOW)
    again = sla.notify_all_assigned(deadlines=[clock], now=make.NOW)
    send_pending(now=make.NOW)
    assert (again, {letter["To"]: letter["Subject"] for letter in smtp.letters}) == (
        0, {"bank@test.invalid": "【新推送】1 笔新推送 — 徐汇区", "bank2@test.invalid": "【新推送】1 笔新推送 — 徐汇区"},
    )  # fmt: skip


def test_what_reaches_the_district_is_called_escalation(cast, smtp):
    clock = making.clock(cast)
    sweep(now=clock.due_at + 3 * DAY)
    send_pending(now=clock.due_at + 3 * DAY)
    subject = {letter["To"]: letter["Subject"] for letter in smtp.letters}
    assert subject["panel@test.invalid"] == "【超期督办】1 笔超期 — 徐汇区"


def test_cases_of_two_districts_are_headed_by_the_recipients_organisation(cast, smtp):
    clocks = [making.clock(cast), making.clock(cast, of=making.case(cast, at=cast.pudong))]
    sweep(now=clocks[0].due_at)
    send_pending(now=clocks[0].due_at)
    assert smtp.letters[0]["Subject"] == "【超期提醒】2 笔超期 — 沪江示范银行"


def test_a_mail_about_very_many_cases_stays_short(cast, smtp, monkeypatch):
    monkeypatch.setattr("lending.sla.emails.ROWS_SHOWN", 2)
    clocks = [making.clock(cast) for _ in range(5)]
    sweep(now=clocks[0].due_at)
    send_pending(now=clocks[0].due_at)
    text = parts(smtp.letters[0])[0]
    assert (text.count("/go/"), "另有 3 笔" in text, Alert.objects.filter(state="sent").count()) == (
        2,
        True,
        15,
    )
