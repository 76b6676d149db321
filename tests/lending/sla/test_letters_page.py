"""`/letters/`: what everybody says about their own letters."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.utils import timezone

from accounts.clock import day_of
from accounts.models import User
from accounts.roles import Role
from tests import factories as make
from tests.lending.story import pushed

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
EVERYTHING = ["assigned", "due_soon", "nag"]


def said(**changes) -> dict:
    return {"language": "zh-hans", "wanted": EVERYTHING} | changes


def days(since: int, until: int) -> dict[str, str]:
    today = day_of(timezone.now())
    return {"away_from": (today + since * DAY).isoformat(), "away_until": (today + until * DAY).isoformat()}


def kept(person: User) -> tuple:
    person.refresh_from_db()
    away = person.away_from and (person.away_until - person.away_from).days + 1
    return person.letters_language, away, person.substitute, person.muted_steps


def test_language_absence_substitute_and_letters_are_kept(cast, web):
    body = said(language="en", wanted=["nag"], substitute=cast.bank2.pk, **days(0, 6))
    answer = web(cast.bank).post("/letters/", body)
    assert (answer.status_code, answer["Location"]) == (302, "/letters/")
    assert kept(cast.bank) == ("en", 7, cast.bank2, ["assigned", "due_soon"])


def test_what_was_said_is_shown_again_and_can_be_taken_back(cast, web):
    browser = web(cast.bank)
    browser.post("/letters/", said(substitute=cast.bank2.pk, wanted=[], **days(0, 6)))
    shown = browser.get("/letters/").context["form"].initial
    browser.post("/letters/", said())
    assert (shown["substitute"], shown["wanted"], kept(cast.bank)) == (
        cast.bank2.pk, [], ("zh-hans", None, None, []),
    )  # fmt: skip


def test_the_auditor_reads_who_named_whom_for_which_days_and_nothing_of_the_rest(cast, web):
    browser, away = web(cast.bank), days(0, 6)
    for wanted in ([], EVERYTHING):  # the second time the absence is as it was
        browser.post("/letters/", said(substitute=cast.bank2.pk, wanted=wanted, **away))
    told = f"外出自 {away['away_from']};外出至(含) {away['away_until']};代收人 孙贷"
    entry = LogEntry.objects.get()
    assert (entry.user, entry.object_id, entry.change_message) == (cast.bank, str(cast.bank.pk), told)
    assert told in web(cast.auditor).get("/admin/admin/logentry/").content.decode()


@pytest.mark.parametrize(("changes", "field", "sentence"), [
    (days(0, 1), "substitute", "外出期间请指定代收人。"),
    ({"away_from": days(0, 1)["away_from"]}, "away_until", "请填写外出的最后一天。"),
    ({"away_until": days(0, 1)["away_until"]}, "away_from", "请填写外出的第一天。"),
    (days(3, 2), "away_until", "最后一天不能早于第一天。"),
    (days(-3, -1), "away_until", "最后一天已经过去。"),
    (days(0, 367), "away_until", "最后一天最晚为今天起第 366 天。"),
    (days(0, 1) | {"away_until": "9999-12-31"}, "away_until", "最后一天最晚为今天起第 366 天。"),
    ({"language": "fr"}, "language", None), ({"wanted": ["overdue"]}, "wanted", None),
    ({"away_from": "soon"}, "away_from", None),
])  # fmt: skip
def test_what_cannot_be_is_said_at_its_field_and_nothing_is_kept(cast, web, changes, field, sentence):
    body = said(substitute="" if field == "substitute" else cast.bank2.pk) | changes
    answer = web(cast.bank).post("/letters/", body)
    errors = answer.context["form"].errors
    assert (answer.status_code, list(errors), kept(cast.bank)) == (400, [field], ("", None, None, []))
    assert sentence is None or errors[field] == [sentence]


def test_an_absence_may_last_366_days_from_today(cast, web):
    answer = web(cast.bank).post("/letters/", said(substitute=cast.bank2.pk, **days(0, 366)))
    assert (answer.status_code, kept(cast.bank)[1]) == (302, 367)


def test_only_a_colleague_of_the_same_work_at_the_same_place_can_stand_in(cast, web):
    gone = make.user("gone", Role.BANK_REVIEWER, cast.first_bank)
    User.objects.filter(pk=gone.pk).update(is_active=False)
    strangers = [cast.bank, cast.bankhead, cast.bank_other, cast.officer, gone]
    answers = [
        web(cast.bank).post("/letters/", said(substitute=person.pk, **days(0, 1))).status_code
        for person in strangers
    ]
    assert (answers, kept(cast.bank)[2]) == ([400] * len(strangers), None)


def test_the_last_day_away_is_today_at_the_latest(cast, web):
    """Of an absence that is over, nothing stands in the way of saying something else."""
    today = day_of(timezone.now())
    User.objects.filter(pk=cast.bank.pk).update(
        away_from=today - 9 * DAY, away_until=today - DAY, substitute=cast.bank2
    )
    browser = web(cast.bank)
    shown = browser.get("/letters/").context["form"].initial
    answer = browser.post("/letters/", said(substitute=cast.bank2.pk))
    assert (shown["away_from"], shown["away_until"], answer.status_code) == (None, None, 302)
    assert browser.post("/letters/", said(substitute=cast.bank2.pk, **days(0, 0))).status_code == 302


def test_who_is_named_by_a_colleague_reads_it_here(cast, web):
    web(cast.officer).post("/letters/", said(substitute=cast.officer2.pk, **days(1, 3)))
    pages = [
        web(person).get("/letters/").content.decode() for person in (cast.officer2, cast.officer, cast.bank)
    ]
    assert ["周访指定您代收提醒" in page for page in pages] == [True, False, False]


def test_nobody_to_stand_in_is_said_and_no_days_are_asked_for(cast, web):
    page = web(cast.bankhead).get("/letters/").content.decode()
    assert ("本机构没有同岗位的同事可以代收" in page, 'name="away_from"' in page) == (True, False)


def test_an_account_without_an_address_is_told_so(cast, web):
    User.objects.filter(pk=cast.bank.pk).update(email="")
    assert "您的账号没有登记邮箱" in web(cast.bank).get("/letters/").content.decode()


@pytest.mark.parametrize(("who", "page"), [
    ("officer", "/m/me/"), ("panel", "/district/"), ("city", "/city/"), ("bank", "/admin/"), ("sysadmin", "/admin/"),
])  # fmt: skip
def test_the_page_is_one_step_away_for_everybody(cast, web, who, page):
    assert 'href="/letters/"' in web(getattr(cast, who)).get(page).content.decode()


# ---- Where the letters lead ----
@pytest.mark.parametrize(
    ("since", "until", "status"), [(-1, -1, 404), (-1, 0, 200), (0, 1, 200), (1, 1, 404)]
)
def test_who_stands_in_reads_the_case_that_the_letter_leads_to_while_it_lasts(
    cast, web, since, until, status
):
    item, today = pushed(cast, now=make.just_now()), day_of(timezone.now())
    User.objects.filter(pk=cast.officer.pk).update(
        away_from=today + since * DAY, away_until=today + until * DAY, substitute=cast.officer2
    )
    answer = web(cast.officer2).get(f"/go/{item.case.number}/", follow=True)
    assert answer.status_code == status


def test_who_stands_in_does_nothing_to_the_case_of_another(cast, web):
    item, today = pushed(cast, now=make.just_now()), day_of(timezone.now())
    User.objects.filter(pk=cast.officer.pk).update(
        away_from=today, away_until=today, substitute=cast.officer2
    )
    number = item.case.number
    page = web(cast.officer2).get(f"/m/cases/{number}/").content.decode()
    annulled = web(cast.officer2).post(f"/m/cases/{number}/annul/", {"reason": "试试"})
    assert ("/annul/" in page, annulled.status_code) == (False, 404)


def test_a_substitute_elsewhere_reads_nothing(cast, web):
    item, today = pushed(cast, now=make.just_now()), day_of(timezone.now())
    User.objects.filter(pk=cast.officer2.pk).update(organisation=make.branch(cast.other_bank, cast.pudong))
    User.objects.filter(pk=cast.officer.pk).update(
        away_from=today, away_until=today, substitute=cast.officer2
    )
    assert web(cast.officer2).get(f"/go/{item.case.number}/").status_code == 404
