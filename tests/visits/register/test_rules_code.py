"""GB 32100-2015 and GS 15-2006, on the published vectors and against python-stdnum as oracle."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import uscc
from stdnum.iso7064 import mod_11_10

from visits.register import rules_code

ALPHABET = rules_code.ALPHABET


@pytest.mark.parametrize(
    "code", "91350100M000100Y43 91512081MA62K0260E 91310115MA10001800 91310115MA10004120".split()
)
def test_valid_codes_are_kept_as_they_are(code):
    assert rules_code.read(code) == (code, False, "")


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("91310000x07224410R", "91310000X07224410R"),
        ("９１３５０１００Ｍ０００１００Ｙ４３", "91350100M000100Y43"),
        (" 913501 00-M000 100Y43\u3000", "91350100M000100Y43"),
        ("'91350100M000100Y43", "91350100M000100Y43"),
        ("91350100—M000100Y4—3", "91350100M000100Y43"),
    ],
)
def test_width_case_spaces_and_dashes_are_normalised(raw, code):
    assert rules_code.read(raw) == (code, False, "")


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        ("91350100M000100Y4Z", "alphabet"),  # the worked example of many web pages; Z is not in the alphabet
        ("91310115MA1G4L1WXK", "check"),
        ("91350100M000100Y44", "check"),
        ("9135O100M000100Y43", "alphabet"),
        ("91350100M000100Y4", "length"),
        ("000000000000000000", "alphabet"),
        ("9.13E+17", "spreadsheet"),
        ("9.13101E+17", "spreadsheet"),
        ("", "missing"),
        ("N/A", "missing"),
        ("３１０１１５０００００００００", "check"),
        ("310115000000001", "check"),
        ("31011500000000A", "alphabet"),
        ("91350100M000100Y43\0", "length"),
    ],
)
def test_what_is_no_code_says_why(raw, fault):
    assert rules_code.read(raw).fault == fault


def test_the_check_character_zero_is_where_31_wraps_to_0():
    assert [rules_code.is_valid("91310115MA1000" + end) for end in ("1800", "180Y", "4120", "412Y")] == [
        True, False, True, False,
    ]  # fmt: skip


first = st.sampled_from("123456789")
digits = st.text("0123456789", min_size=6, max_size=6)
body = st.text(ALPHABET, min_size=10, max_size=10)


@given(first, first, digits, body)
def test_any_eighteen_characters_are_judged_as_stdnum_judges_them(one, two, place, rest):
    code = one + two + place + rest
    assert rules_code.is_valid(code) is uscc.is_valid(code)


@given(first, first, digits, st.text(ALPHABET, min_size=9, max_size=9))
def test_the_check_character_stdnum_works_out_is_the_only_one_accepted(one, two, place, rest):
    start = one + two + place + rest
    accepted = [char for char in ALPHABET if rules_code.is_valid(start + char)]
    assert accepted == [uscc.calc_check_digit(start)]


@given(st.text("0123456789", min_size=15, max_size=15).filter(lambda text: not text.startswith("000000")))
def test_legacy_numbers_are_judged_as_iso_7064_mod_11_10(number):
    assert rules_code.is_valid_legacy(number) is mod_11_10.is_valid(number)


def test_a_legacy_number_is_kept_with_its_flag():
    number = "31011500000001" + mod_11_10.calc_check_digit("31011500000001")
    assert rules_code.read(number) == (number, True, "")


@given(st.text(max_size=40))
def test_no_text_breaks_the_reader(text):
    assert rules_code.read(text).fault in {"", "missing", "spreadsheet", "length", "alphabet", "check"}


@given(body)
def test_any_five_characters_of_a_code_cover_a_cut(rest):
    code = "91310115" + rest
    held = set(rules_code.pieces(code))
    for start in range(14):
        cuts = [cut for cut in rules_code.CUTS if start <= cut and cut + 3 <= start + 5]
        asked = {rules_code.piece(cut, code[cut : cut + 3]) for cut in cuts}
        assert (bool(asked), asked <= held) == (True, True)
