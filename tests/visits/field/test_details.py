"""One-tap answers as words of the note."""

import pytest
from django.utils import translation

from tests import factories as make
from tests.visits.field.test_phone_pages import opened
from visits.field.details import ASKED, DetailsForm
from visits.models import Visit

pytestmark = pytest.mark.django_db

SAID = [
    ({"outcome": "wrong_address", "found_there": "empty", "new_address": "宛平南路1号"}, "现场:空置或锁着;新地址:宛平南路1号"),
    ({"outcome": "closed_down", "closed_known": "owner"}, "歇业依据:企业主告知"),
    ({"outcome": "unreachable", "tried": ["door", "phone"]}, "已尝试:上门无人、电话无人接"),
    ({"outcome": "refused", "why_refused": "distrust", "come_again": "never"}, "原因:担心受骗;再次走访:不用再来"),
    ({"outcome": "deferred", "come_again": "month", "note": "老板出差"}, "再次走访:一个月后;老板出差"),
    ({"outcome": "already_served", "served_by": "DEMO-B1"}, "已授信银行:沪江示范银行"),
    ({"outcome": "no_need", "found_there": "empty", "note": "很好"}, "很好"),  # asked by another outcome
    ({"outcome": "no_need"}, ""),
]  # fmt: skip


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize(("said", "note"), SAID)
def test_answers_of_the_chosen_outcome_stand_before_the_note_in_chinese(cast, web, said, note, language):
    client, url = web(cast.officer), f"/m/visit/{make.business().credit_code}/"
    form = opened(client, url)
    client.cookies["language"] = language
    assert client.post(url, form | said).status_code == 302
    assert Visit.objects.get().note == note


@pytest.mark.parametrize(
    "said", [{"found_there": "x"}, {"tried": ["x"]}, {"served_by": "NO-BANK"}, {"new_address": "长" * 101}]
)
def test_an_answer_nobody_offered_is_refused(cast, web, said):
    client, url = web(cast.officer), f"/m/visit/{make.business().credit_code}/"
    answer = client.post(url, opened(client, url) | {"outcome": "no_need"} | said)
    assert (answer.status_code, list(answer.context["form"].errors)) == (400, [*said])


def test_a_note_that_grows_too_long_with_its_answers_is_told_and_not_cut(cast, web):
    client, url = web(cast.officer), f"/m/visit/{make.business().credit_code}/"
    said = {"outcome": "closed_down", "closed_known": "seen", "note": "长" * 500}
    answer = client.post(url, opened(client, url) | said)
    assert (answer.status_code, list(answer.context["form"].errors), Visit.objects.count()) == (
        400,
        ["note"],
        0,
    )


def test_every_answer_has_words_and_an_outcome_that_asks_for_it():
    with translation.override("en"):
        words = DetailsForm().words()
    assert set(words) == {name for name, *_ in ASKED} == set(DetailsForm.base_fields)
    assert {outcome for _, outcomes, _ in ASKED for outcome in outcomes} == set(Visit.Outcome) - {
        "need",
        "no_need",
    }
