"""One rule for what a spreadsheet would run, used by every file that goes out as CSV."""

import pytest

from accounts.admin_export import spell
from accounts.csv_safety import defused
from visits.register import rejections


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])
def test_what_a_spreadsheet_would_run_is_put_behind_an_apostrophe(first):
    assert (defused(f"{first}1+1"), spell(f"{first}1+1")) == (f"'{first}1+1", f"'{first}1+1")


@pytest.mark.parametrize("text", ["", "徐汇区", "1=1", " =1", "a\n=1"])
def test_plain_text_stays_as_it_is(text):
    assert defused(text) == text


def test_there_is_one_copy_of_the_rule():
    assert rejections.defused is defused
