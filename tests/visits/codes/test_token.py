"""The token: what is printed, what can be typed, and what cannot be invented."""

import pytest
from django.test import override_settings

from visits.codes import rules


def test_a_token_is_sixteen_characters_that_nobody_confuses():
    token = rules.token_for(rules.new_secret())
    assert (len(token), set(token) - set(rules.ALPHABET), set("ILOU") & set(rules.ALPHABET)) == (
        16,
        set(),
        set(),
    )


def test_secrets_do_not_repeat():
    assert len({rules.new_secret() for _ in range(2000)}) == 2000


def test_a_token_gives_its_secret_back():
    assert rules.secret_of(rules.token_for("ABCDEFGH23")) == "ABCDEFGH23"


def test_every_single_changed_character_is_a_forgery():
    token = rules.token_for("ABCDEFGH23")
    changed = [
        token[:at] + other + token[at + 1 :]
        for at in range(16)
        for other in rules.ALPHABET
        if other != token[at]
    ]
    assert (len(changed), [one for one in changed if rules.secret_of(one)]) == (16 * 31, [])


def test_a_token_of_another_installation_is_a_forgery():
    with override_settings(SECRET_KEY="another key, of another city"):
        foreign = rules.token_for("ABCDEFGH23")
    assert rules.secret_of(foreign) is None


def test_a_printed_code_outlives_a_new_key_while_the_old_one_is_kept():
    with override_settings(SECRET_KEY="the key of last year"):
        printed = rules.token_for("ABCDEFGH23")
    with override_settings(SECRET_KEY_FALLBACKS=["the key of last year"]):
        assert rules.secret_of(printed) == "ABCDEFGH23"


@override_settings(PUBLIC_BASE_URL="https://doorstep.example")
def test_the_address_in_the_code_is_short():
    token = rules.token_for("ABCDEFGH23")
    assert rules.url_for("ABCDEFGH23") == f"https://doorstep.example/q/{token}/"


@pytest.mark.parametrize(
    "typed",
    [
        "ABCD-EFGH-2345-6789", "abcd efgh 2345 6789", "https://doorstep.example/q/ABCDEFGH23456789/",
        "http://other.host/q/abcdefgh23456789/?from=wechat", "/q/ABCDEFGH23456789", " ABCDEFGH23456789\n",
        "ＡＢＣＤＥＦＧＨ２３４５６７８９",
    ],
)  # fmt: skip
def test_it_may_be_typed_as_people_type(typed):
    assert rules.read_token(typed) == "ABCDEFGH23456789"


def test_characters_that_look_alike_are_the_same():
    assert rules.read_token("oIl0-1111-2222-3333") == "0110111122223333"


@pytest.mark.parametrize(
    "text",
    ["", "ABC", "A" * 17, "ABCDEFGH2345678U", "91310104MADEM00018", "https://pay.example/ABCDEFGH23456789", "扫一扫",
     "\x00" * 16, "😀" * 16, "/q/", "//", "https://x/q/a/b", "A" * 100_000],
)  # fmt: skip
def test_what_is_no_token_is_known_without_a_signature(text):
    assert rules.read_token(text) is None


def test_the_short_code_is_the_token_in_groups():
    assert rules.short_code("ABCDEFGH23456789") == "ABCD-EFGH-2345-6789"
