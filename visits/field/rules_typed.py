"""What is wrong with a code that an officer typed, in a sentence that says what to look at. No ORM here."""

import unicodedata

from django.utils.translation import gettext as _

from visits.codes import rules
from visits.register import rules_code

CREDIT_CODE_LENGTH = 18
LIKE_A_CREDIT_CODE = 17  # from here on a text is nearer to a credit code than to the 16 characters of a door

SHORTEST_ATTEMPT = 8  # letters only: what is shorter may be part of a name


def problem(text: str) -> str:
    """The sentence for a text that led nowhere; empty where it is no attempt at a code (an address, a name)."""
    token = rules.read_token(text)
    if token:
        groups = rules.short_code(token).replace("-", " · ")
        return _("这16位字符对不上,有一位输错了。请照门牌一组一组核对:%(groups)s") % {"groups": groups}
    code = rules_code.normalise(unicodedata.normalize("NFKC", text))
    is_long = len(code) >= SHORTEST_ATTEMPT or any(character.isdigit() for character in code)
    if not (code.isascii() and code.isalnum() and is_long):
        return ""
    if len(code) in (15, CREDIT_CODE_LENGTH):
        return _wrong_characters(code)
    if len(code) >= LIKE_A_CREDIT_CODE:
        return _("统一社会信用代码应为18位,现在%(n)s位。") % {"n": len(code)}
    if len(code) == rules.TOKEN_LENGTH:
        return _("门牌码的16位字符里没有字母 U。请照门牌核对;信用代码应为18位。")
    return _("门牌码应为16位,统一社会信用代码应为18位,现在%(n)s位。") % {"n": len(code)}


def _wrong_characters(code: str) -> str:
    """Empty where the code is as it should be (nobody of that code is known), or has the 15 digits of before."""
    if len(code) != CREDIT_CODE_LENGTH or rules_code.is_valid(code):
        return ""
    for place, character in enumerate(code, start=1):
        if character not in rules_code.ALPHABET:
            return _("第%(place)s位“%(character)s”不会出现在信用代码里,请对照营业执照核对。") % {
                "place": place, "character": character,
            }  # fmt: skip
    return _("这18位信用代码对不上校验码,有一位输错了。请对照营业执照核对。")
