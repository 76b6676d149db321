"""Chapter 5: the bank takes it in, two reviewers decide at the same moment, one wins; the money is paid out."""

import threading
from datetime import datetime
from zoneinfo import ZoneInfo

TODAY = datetime.now(ZoneInfo("Asia/Shanghai")).date().isoformat()
TERMS = {
    "outcome": "partly_approved", "credit_line_yuan": "300000.00", "annual_rate_pct": "3.8500", "term_months": 12,
    "guarantee": "credit", "is_first_loan": True, "is_no_repay_renewal": False, "decided_on": TODAY,
}  # fmt: skip


def test_1_the_inbox_in_the_admin_shows_the_firm(people, story):
    assert "上海青禾示范商贸1号有限公司" in people("bank").page("/admin/lending/recommendation/")


def test_2_the_bank_confirms_receipt(people, story):
    answer = people("bank").call(f"recommendations/{story.recommendation}/receipt/", {})
    assert answer["state"] == "received"


def test_3_declining_without_a_coded_reason_is_refused(people, story):
    refusal = {"outcome": "declined", "decided_on": TODAY}
    answer = people("bank").call(f"recommendations/{story.recommendation}/decision/", refusal, status=422)
    assert list(answer["fields"]) == ["reason_code"]


def test_4_of_two_reviewers_at_the_same_moment_one_wins_and_the_other_is_told(people, story):
    reviewers, answers = (people("bank"), people("bank2")), []
    start = threading.Barrier(2)

    def decide(person):
        start.wait()
        path = f"{person.base}/api/v1/recommendations/{story.recommendation}/decision/"
        answers.append(person.post(path, json=TERMS, headers={"X-CSRFToken": person.cookies["csrftoken"]}))

    threads = [threading.Thread(target=decide, args=(person,)) for person in reviewers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    (told,) = (answer.json() for answer in answers if answer.status_code == 409)
    assert told["code"] == "already_decided"


def test_5_the_money_is_paid_out_within_the_line(people, story):
    path = f"recommendations/{story.recommendation}/disbursements/"
    loan = {
        "amount_yuan": "300000.01",
        "annual_rate_pct": "3.85",
        "disbursed_on": TODAY,
        "loan_last4": "0001",
    }
    assert people("bank").call(path, loan, status=422)["code"] == "limit_exceeded"
    people("bank").call(path, loan | {"amount_yuan": "200000.00"}, status=201)
    assert people("officer").read(f"cases/{story.number}/")["stage"] == "disbursed"


def test_6_the_timeline_tells_the_whole_story(people, story):
    timeline = people("panel").read(f"cases/{story.number}/")["timeline"]
    assert [event["stage"] for event in timeline][-1] == "disbursed"
    assert [event["at"] for event in timeline] == sorted(event["at"] for event in timeline)
