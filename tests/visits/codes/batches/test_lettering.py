"""Chinese text in a small space. A character is 1 wide here, a letter or digit half."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from visits.codes.batches.lettering import Space, balance, fit, plain, stand_in, wrap


def width(text: str) -> float:
    return sum(0.5 if ord(c) < 0x100 else 1 for c in text)


def lines(text: str, room: float) -> list[str]:
    return wrap(text, width, room)


@pytest.mark.parametrize(
    ("text", "room", "expected"),
    [
        ("", 5, []),
        ("王小二包子", 5, ["王小二包子"]),
        ("王小二包子铺", 5, ["王小二包子", "铺"]),
        (
            "餐饮管理（上海）有限",
            5,
            ["餐饮管理", "（上海）有", "限"],
        ),  # no bracket at the end or start of a line
        ("宜山路1703室", 4, ["宜山路", "1703室"]),  # a number stays whole
        ("Shanghai Trading", 4, ["Shanghai", "Trading"]),
        ("ABCDEFGHIJ", 2, ["ABCD", "EFGH", "IJ"]),  # unless it is wider than the line by itself
        ("甲 乙", 1, ["甲", "乙"]),
    ],
)
def test_lines_break_where_a_reader_expects_it(text, room, expected):
    assert lines(text, room) == expected


@given(some.text(alphabet="测试店（）()《》ABC123,。 ·", max_size=80), some.floats(2, 20))
def test_wrapping_loses_nothing_and_no_line_is_too_wide(text, room):
    found = lines(text, room)
    assert "".join(found).replace(" ", "") == text.replace(" ", "")
    assert all(width(line) <= room or len(line) == 1 for line in found)


def test_lines_are_evened_out_so_that_no_character_is_left_over():
    text = "测试商贸发展有限公司徐汇店"
    assert (lines(text, 12), balance(text, width, 12, 2)) == (
        ["测试商贸发展有限公司徐汇", "店"],
        ["测试商贸发展有", "限公司徐汇店"],
    )


BOX = Space(room=100, height=30, largest=12, smallest=5, leading=1.2)


@pytest.mark.parametrize(("length", "size", "count"), [(1, 12, 1), (8, 12, 1), (9, 12, 2), (16, 12, 2), (17, 11, 2), (30, 8, 3)])  # fmt: skip
def test_a_text_takes_the_largest_size_at_which_it_fits(length, size, count):
    found = fit("店" * length, width, BOX)
    assert (found.size, len(found.lines), found.is_cut) == (size, count, False)
    assert len(found.lines) * found.size * BOX.leading <= BOX.height


def test_what_fits_at_no_size_is_cut_and_says_so():
    found = fit("店" * 300, width, BOX)
    assert (found.size, len(found.lines), found.lines[-1][-1], found.is_cut) == (5, 5, "…", True)
    assert all(width(line) * 5 <= 100 for line in found.lines)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (" 甲\t乙\n丙 ", "甲 乙 丙"),
        ("甲\x00乙\x1b", "甲乙"),
        ("邊󠄀", "邊"),
        ("a‍b", "ab"),
        ("<b>店</b>", "<b>店</b>"),
    ],
)
def test_what_has_no_shape_is_left_out(text, expected):
    assert plain(text) == expected


def test_a_character_the_font_lacks_is_marked_and_told():
    assert stand_in("𠮷野家𠮷店😀", lambda c: ord(c) < 0x10000) == ("〓野家〓店〓", "𠮷😀")
