"""Chapter 4: the recommendation list is issued, pushed, and the bank's clock starts."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from tests.journey.stack import text_of, wait_for

SHANGHAI = ZoneInfo("Asia/Shanghai")


def test_1_a_bank_that_the_owner_did_not_name_gets_nothing(people, story):
    items = {"district": "310104", "items": [{"case": story.number, "bank": "DEMO-B2"}]}
    assert people("panel").call("recommendation-lists/", items, status=422)["code"] == "bank_not_in_consent"


def test_2_the_list_is_issued_and_the_clock_starts(people, story):
    items = {"district": "310104", "items": [{"case": story.number, "bank": "DEMO-B1"}]}
    issued = people("panel").call("recommendation-lists/", items, status=201)
    (item,) = issued["items"]
    pushed = datetime.fromisoformat(item["pushed_at"]).astimezone(SHANGHAI)
    midnight = pushed.replace(hour=0, minute=0, second=0, microsecond=0)
    # the push day is not counted and the fifteenth day belongs to the bank to its end
    assert datetime.fromisoformat(item["due_at"]) == midnight + timedelta(days=16)
    story.recommendation = item["id"]


def test_3_the_bank_sees_it_and_another_bank_does_not(people, story):
    seen = people("bank").read(f"recommendations/{story.recommendation}/")
    assert (seen["case"], seen["bank"], seen["state"], seen["days_left"]) == (
        story.number,
        "DEMO-B1",
        "pushed",
        15,
    )
    assert (
        people("bank-other").read(f"recommendations/{story.recommendation}/", status=404)["code"]
        == "not_found"
    )


def test_4_the_bank_is_told_by_mail(stack, story):
    (letter, *_) = wait_for(lambda: stack.mailbox.to("bank@test.invalid"), 90, "the mail about the new push")
    assert story.number in text_of(letter, "plain") and story.number in text_of(letter, "html")
