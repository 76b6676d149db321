"""Mails as their readers get them: in which language, about whom, and what can be refused."""

from datetime import timedelta

import pytest

from accounts.models import Organisation, User
from lending.models import Alert
from lending.sla import emails
from lending.sla import services as sla
from lending.sla.kinds import DeadlineKind, Step
from lending.sla.letters import tokens
from lending.sla.sending import send_pending
from lending.sla.sweep import sweep
from tests import factories as make
from tests.lending.sla import making
from visits.models import Business

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
SITE = "https://doorstep.example.cn"


def sent(smtp, now) -> dict:
    """Sweep and send: {recipient: mail}."""
    sweep(now=now)
    send_pending(now=now)
    return {letter["To"].split("@")[0]: letter for letter in smtp.letters}


def parts(letter) -> tuple[str, str]:
    return tuple(letter.get_body((kind,)).get_content() for kind in ("plain", "html"))


def in_parts(letter, *words: str) -> list[list[bool]]:
    return [[word in part for word in words] for part in parts(letter)]


# ---- Language ----
def test_everybody_reads_their_letters_in_their_own_language(cast, smtp):
    User.objects.filter(pk=cast.bank.pk).update(letters_language="en")
    clock = making.clock(cast)
    mails = sent(smtp, clock.due_at)
    english = ["1 day overdue", "5 Dec 24:00", "500,000", 'lang="en"', "Bank reviewer"]
    said = {name: [word in parts(mails[name])[1] for word in english] for name in ("bank", "bank2")}
    assert said == {"bank": [True] * 5, "bank2": [False] * 5}
    assert (mails["bank2"]["Subject"], mails["bank"]["Subject"]) == (
        "【超期提醒】1 笔超期 — 徐汇区", "[Overdue] 1 overdue — 徐汇区",
    )  # fmt: skip


def test_a_mailbox_of_an_organisation_reads_the_language_of_the_site(cast, smtp):
    Organisation.objects.filter(pk=cast.first_bank.pk).update(email="office@test.invalid")
    User.objects.filter(organisation=cast.first_bank).update(letters_language="en")
    mails = sent(smtp, making.clock(cast).due_at)
    assert mails["office"]["Subject"] == "【超期提醒】1 笔超期 — 徐汇区"
    assert (
        in_parts(mails["office"], "这是沪江示范银行登记的通知邮箱", f"{SITE}/letters/") == [[True, False]] * 2
    )


def test_a_letter_written_for_another_language_leaves_the_ledger_in_chinese(cast, smtp):
    User.objects.filter(pk=cast.bank.pk).update(letters_language="en")
    sent(smtp, making.clock(cast).due_at)
    assert Alert.objects.get(recipient="bank@test.invalid").why == "您是沪江示范银行的银行审核人员"


# ---- No personal data ----
@pytest.mark.parametrize(("kind", "is_named"), [
    (Business.Kind.COMPANY, True), (Business.Kind.COOPERATIVE, True), (Business.Kind.SOLE_TRADER, False),
    (Business.Kind.FAMILY_FARM, False), (Business.Kind.OTHER, False),
])  # fmt: skip
def test_a_firm_whose_name_may_be_a_persons_goes_by_the_number_of_its_case(cast, smtp, kind, is_named):
    clock = making.clock(cast, of=making.case(cast, name="王小明理发店"))
    Business.objects.update(kind=kind)
    letter = sent(smtp, clock.due_at)["bank"]
    assert in_parts(letter, "王小明", clock.case.number) == [[is_named, True]] * 2


def test_nothing_of_the_owner_stands_anywhere_in_a_mail(cast, smtp):
    clock = making.clock(cast)
    firm, need = clock.case.business, clock.case.need
    firm.representative, firm.phone, firm.address = "王业主", "13800138000", "漕溪北路1号201室"
    firm.save()
    need.contact_name, need.contact_phone = "王夫人", "13900139000"
    need.save()
    letter = sent(smtp, clock.due_at)["bank"]
    personal = ["王业主", "13800138000", "漕溪北路", "王夫人", "13900139000", firm.credit_code]
    whole = "".join([*parts(letter), *map(str, letter.values())])
    assert [word for word in personal if word in whole] == []


# ---- What kind of letter ----
@pytest.mark.parametrize(("days", "subject"), [
    (-6, "【到期提醒】1 笔即将到期 — 徐汇区"), (-3, "【到期提醒】1 笔三日内到期 — 徐汇区"),
    (-1, "【到期提醒】1 笔三日内到期 — 徐汇区"), (0, "【超期提醒】1 笔超期 — 徐汇区"),
])  # fmt: skip
def test_the_subject_follows_the_ladder(cast, smtp, days, subject):
    clock = making.clock(cast)
    assert sent(smtp, clock.due_at + days * DAY)["bank"]["Subject"] == subject


def test_a_step_of_the_bank_that_is_late_makes_no_case_overdue_in_the_subject(cast, smtp):
    clock = making.clock(cast, kind=DeadlineKind.RECEIPT)
    letter = sent(smtp, clock.due_at)["bank"]
    assert letter["Subject"] == "【办理提醒】1 笔环节超时 — 徐汇区"
    assert in_parts(letter, "接收", "请接收推送来的办件。") == [[True, True]] * 2


# ---- What can be refused ----
def one_click(letter) -> str:
    return letter["List-Unsubscribe"].strip("<>").removeprefix(SITE)


@pytest.fixture
def about_a_push(cast, smtp):
    sla.notify_all_assigned(deadlines=[making.clock(cast)], now=make.NOW)
    return sent(smtp, make.NOW)["bank"]


def test_a_letter_that_may_be_refused_says_so_for_one_click(cast, about_a_push, client):
    assert about_a_push["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    answer = client.post(one_click(about_a_push), {"List-Unsubscribe": "One-Click"})
    cast.bank.refresh_from_db()
    assert (answer.status_code, cast.bank.muted_steps) == (200, ["assigned"])


def test_the_link_goes_over_the_wire_in_one_piece(cast, smtp):
    """Python's mail package likes to fold such a header, or to encode it, and then no mail program finds the link."""
    sla.notify_all_assigned(deadlines=[making.clock(cast)], now=make.NOW)
    letters = list(emails.with_what_is_shown(Alert.objects.filter(recipient_user=cast.bank)))
    letters[0].message_id = "<1@test.invalid>"
    lines = emails.digest(letters, make.NOW).message().as_bytes(linesep="\r\n").split(b"\r\n")
    found = [
        line for line in lines if line.startswith(b"List-Unsubscribe: <https://doorstep.example.cn/letters/")
    ]
    assert (len(found), found[0][-2:]) == (1, b"/>")


def test_opening_the_link_refuses_nothing_by_itself(cast, about_a_push, client):
    """Mail programs and virus scanners open every link."""
    answer = client.get(one_click(about_a_push))
    cast.bank.refresh_from_db()
    assert (answer.status_code, cast.bank.muted_steps) == (200, [])


def test_without_https_there_is_a_link_and_no_one_click(cast, smtp, settings):
    settings.PUBLIC_BASE_URL = "http://doorstep.intranet"
    sla.notify_all_assigned(deadlines=[making.clock(cast)], now=make.NOW)
    letter = sent(smtp, make.NOW)["bank"]
    assert letter["List-Unsubscribe"].startswith("<http://doorstep.intranet/letters/unsubscribe/")
    assert letter["List-Unsubscribe-Post"] is None


@pytest.mark.parametrize(("days", "may_be_refused"), [(-6, True), (-3, False), (-1, False), (0, False)])
def test_a_last_day_and_a_late_clock_are_nobodys_to_refuse(cast, smtp, days, may_be_refused):
    clock = making.clock(cast)
    letter = sent(smtp, clock.due_at + days * DAY)["bank"]
    assert (letter["List-Unsubscribe"] is not None) is may_be_refused
    assert in_parts(letter, "/letters/unsubscribe/", f"{SITE}/letters/") == [[may_be_refused, True]] * 2


def test_one_letter_that_may_not_be_refused_keeps_the_whole_mail_from_it(cast, smtp):
    early, late = making.clock(cast), making.clock(cast, now=make.NOW + 6 * DAY)
    mails = sent(smtp, early.due_at)
    assert sorted(Alert.objects.filter(recipient="bank@test.invalid").values_list("step", flat=True)) == [
        "due_soon", "overdue",
    ]  # fmt: skip
    assert (late.due_at - early.due_at, mails["bank"]["List-Unsubscribe"]) == (6 * DAY, None)


def test_the_mailbox_of_an_organisation_is_nobodys_to_refuse_for(cast, smtp):
    Organisation.objects.filter(pk=cast.first_bank.pk).update(email="office@test.invalid")
    letter = sent(smtp, making.clock(cast).due_at - 6 * DAY)["office"]
    assert letter["List-Unsubscribe"] is None


def test_a_link_refuses_only_what_may_be_refused_and_only_its_own(cast, client):
    User.objects.filter(pk=cast.bank.pk).update(muted_steps=["nag"])
    token = tokens.make(cast.bank.pk, [Step.OVERDUE, Step.ASSIGNED])
    client.post(f"/letters/unsubscribe/{token}/")
    cast.bank.refresh_from_db()
    cast.bank2.refresh_from_db()
    assert (cast.bank.muted_steps, cast.bank2.muted_steps) == (["assigned", "nag"], [])


@pytest.mark.parametrize(
    "token",
    ["x", "WzEsIm5hZyJd:1abc:forged", tokens.make(0, ["nag"]), tokens.make(1, ["?"])],
    ids=["none", "forged", "of nobody", "of no step"],  # a signature is another in every worker
)
def test_a_link_that_is_not_ours_is_not_there(client, token):
    assert client.post(f"/letters/unsubscribe/{token}/").status_code == 404


# ---- What the reader is to do ----
BEFORE, LATE, URGE = (
    "请在到期前登记是否授信的决定",
    "已超期的,请尽快登记是否授信的决定",
    "请督促承办银行尽快作出决定。",
)


@pytest.mark.parametrize(("days", "who", "said"), [
    (-1, "bank", [True, False, False]), (0, "bank", [False, True, False]), (3, "panel", [False, False, True]),
    (5, "city", [False, False, True]),
])  # fmt: skip
def test_a_mail_asks_its_reader_for_what_the_reader_can_do(cast, smtp, days, who, said):
    clock = making.clock(cast)
    letter = sent(smtp, clock.due_at + days * DAY)[who]
    assert in_parts(letter, BEFORE, LATE, URGE) == [said] * 2
