"""Chapter 6: another bank lets its fifteen days pass; beat ticks, the sweep flags it, and the mail arrives."""

import json
from types import SimpleNamespace

from tests.factories import credit_code, visit_body
from tests.journey.stack import text_of, wait_for
from tests.journey.test_3_district_review import verdict

FIRM = SimpleNamespace(credit_code=credit_code(9002), name="上海青禾示范商贸2号有限公司")

SIXTEEN_DAYS = """
    UPDATE lending_deadline SET started_at = started_at - interval '16 days', due_at = due_at - interval '16 days',
        next_look_at = next_look_at - interval '16 days'
    WHERE stopped_at IS NULL AND kind = 'bank_decision'
        AND case_id = (SELECT id FROM lending_financingcase WHERE number = %s)
"""


def test_1_a_second_case_is_pushed_to_the_bank(people, story):
    body = visit_body(FIRM, banks=(SimpleNamespace(code="DEMO-B1"),))
    number = people("officer").call("visits/", body, status=201)["case"]
    people("panel").call(f"cases/{number}/credit-lookup/", {}, status=201)
    people("panel").call(f"cases/{number}/district-review/", verdict(), status=201)
    items = {"district": "310104", "items": [{"case": number, "bank": "DEMO-B1"}]}
    (item,) = people("panel2").call("recommendation-lists/", items, status=201)["items"]
    story.late, story.late_number = item["id"], number
    assert people("bank").read(f"recommendations/{story.late}/")["case"] == number


def test_2_nothing_is_overdue_yet(people, story):
    assert people("bank").read("cases/?overdue=true")["results"] == []


def test_3_sixteen_days_go_by_and_beat_flags_it(stack, people, story):
    stack.sql(SIXTEEN_DAYS, story.late_number)
    late = wait_for(lambda: people("bank").read("cases/?overdue=true")["results"], 150, "the overdue case")
    assert [case["number"] for case in late] == [story.late_number]


def test_4_the_overdue_mail_arrives_with_the_case_in_it(stack, story):
    def overdue():
        return [letter for letter in stack.mailbox.to("bank@test.invalid") if "超期" in letter["Subject"]]

    (letter, *_) = wait_for(overdue, 150, "the overdue mail")
    for kind in ("plain", "html"):
        assert story.late_number in text_of(letter, kind)
        assert FIRM.name in text_of(letter, kind)


def test_5_a_second_sweep_owes_no_second_letter(stack):
    swept = json.loads(stack.run("manage.py", "sweep_deadlines").splitlines()[-1])
    assert (swept["breached"], swept["queued"]) == (0, 0)


def test_6_the_audit_chain_holds(stack):
    assert stack.run("manage.py", "verify_audit").startswith("holds: 2 cases")


def test_7_the_district_sees_it_on_its_board(people, story):
    assert story.late_number in people("panel").page("/district/cases/?overdue=1")
