"""Search by a part of the name or the code; the same answers as reading every row would give."""

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import factories as make
from visits.register import queries
from visits.register.models import Business
from visits.register.queries import search_businesses

pytestmark = pytest.mark.django_db
NAMES = [
    "上海示例（集团）有限公司", "上海甲乙丙科技有限公司", "甲乙经营部", "ＡＢＢ示例(中国)有限公司", "上海3L医用制品分公司",
    "示例𠮷田商贸有限公司", "上海示例100%有限公司", "下划_线商店", "反\\斜商店",
]  # fmt: skip


@pytest.fixture
def register(db):
    return [make.business(name) for name in NAMES]


def found(text: str) -> list[str]:
    return list(search_businesses(Business.objects.all(), text).values_list("name", flat=True))


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("甲乙丙", [NAMES[1]]),
        ("乙", [NAMES[2], NAMES[1]]),
        ("示例(集团)", [NAMES[0]]),
        ("示例（集团)", [NAMES[0]]),
        ("示例 （ 集团 ）", [NAMES[0]]),
        ("abb", [NAMES[3]]),
        ("ａｂｂ示例", [NAMES[3]]),
        ("3l医", [NAMES[4]]),
        ("𠮷田", [NAMES[5]]),
        ("100%", [NAMES[6]]),
        ("_", [NAMES[7]]),
        ("反\\斜", [NAMES[8]]),
        ("龘", []),
        ("丙乙", []),
        ("甲\0乙丙", [NAMES[1]]),
        ("甲" * 5000, []),
    ],
)
def test_a_part_of_a_name_finds_it_in_any_width_and_case(register, text, names):
    assert found(text) == names


def test_names_that_start_with_the_text_come_first_and_short_ones_before_long_ones(register):
    assert found("甲乙")[:2] == [NAMES[2], NAMES[1]]


def test_no_text_narrows_nothing_and_no_hit_is_nothing(register):
    assert (search_businesses(Business.objects.all(), " \0 ").count(), found("没有这样的名字")) == (
        len(NAMES),
        [],
    )


def test_a_code_is_found_whole_from_its_start_and_by_any_five_characters_of_it(register):
    code = register[0].credit_code
    for start in range(14):
        assert register[0].name in found(code[start : start + 5])
    assert [
        found(text)[0] for text in (code, code.lower(), f" {code[:6]} {code[6:]} ", code[-6:], code[8:])
    ] == [NAMES[0]] * 5


def test_one_wrong_character_in_a_whole_code_finds_nothing(register):
    code = register[0].credit_code
    assert found(code[:-1] + ("0" if code[-1] != "0" else "1")) == []


def test_the_index_answers_as_reading_every_row_does(register, monkeypatch):
    """The window of newest rows is shut, so that only the index can find."""
    monkeypatch.setattr(queries, "WINDOW_ROWS", 0)

    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.sampled_from(register), st.data())
    def check(business, data):
        for whole in (business.name_search, business.credit_code):
            start = data.draw(st.integers(0, len(whole) - 1))
            part = whole[start : data.draw(st.integers(start + 1, len(whole)))]
            by_name = set(Business.objects.filter(name_search__contains=part).values_list("name", flat=True))
            by_code = set(
                Business.objects.filter(credit_code__contains=part.upper()).values_list("name", flat=True)
            )
            # Of codes, five characters and more are found wherever they stand, fewer where they begin or fill a cut.
            assert by_name | (by_code if len(part) >= 5 else set()) <= set(found(part)) <= by_name | by_code

    check()


def test_only_what_the_caller_may_see_is_searched(register):
    hidden = Business.objects.exclude(pk=register[1].pk)
    assert list(search_businesses(hidden, "甲乙").values_list("name", flat=True)) == [NAMES[2]]


def test_there_are_never_more_hits_than_the_limit(register):
    assert len(search_businesses(Business.objects.all(), "有限", limit=2)) == 2


def test_the_gram_index_is_what_a_rare_text_uses(register, monkeypatch):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    plan = Business.objects.filter(queries._name_condition("甲乙丙")).explain()
    assert "business_search_grams" in plan


@pytest.mark.parametrize("how", ["save", "bulk", "update_fields"])
def test_a_name_written_by_any_way_is_found(how):
    business = make.business("上海旧名有限公司")
    if how == "bulk":
        code = make.credit_code()
        Business.objects.bulk_create(
            [Business(name="上海新名（甲）店", credit_code=code, kind="company", name_search="x")]
        )
    else:
        business.name = "上海新名（甲）店"
        business.save(update_fields=["name"] if how == "update_fields" else None)
    assert found("新名(甲)") == ["上海新名（甲）店"]


@given(text=st.text(max_size=30))
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_text_breaks_the_search(db, text):
    assert len(found(text)) >= 0
