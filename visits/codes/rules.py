"""What a token is: a random secret and a short signature over it. No database here.

A token is 16 characters of Crockford's base 32 (no I, L, O, U): 10 random ones (50 bits) that name the row, and 6
(30 bits of an HMAC) that only this installation can compute. An invented token is refused before any row is looked up.
"""

import secrets
import unicodedata
from datetime import timedelta

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
SECRET_LENGTH, SIGNATURE_LENGTH = 10, 6
TOKEN_LENGTH = SECRET_LENGTH + SIGNATURE_LENGTH
SALT = "visits.codes"
# read aloud or typed from paper: what looks alike is the same character
ALIKE = str.maketrans("OIL", "011")

# How long a printed code holds. A door outlives a person's post, so a person's code is renewed more often.
VALID_FOR = {
    "business": timedelta(days=365),
    "grid": timedelta(days=365),
    "officer": timedelta(days=180),
}


def new_secret() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(SECRET_LENGTH))


def token_for(secret: str) -> str:
    """The token of a row's secret: what stands in the address and, in groups of four, on the paper."""
    return secret + _signature(secret, settings.SECRET_KEY)


def read_token(text: str) -> str | None:
    """What was scanned or typed, as a bare token: a whole address, groups, small or full-width letters are fine.

    None where it cannot be one of ours.
    """
    text = unicodedata.normalize("NFKC", text[:500]).strip()
    if "/" in text:
        _before, mark, after = text.partition("/q/")
        text = after.split("/")[0].split("?")[0] if mark else ""
    token = text.upper().replace("-", "").replace(" ", "").translate(ALIKE)
    return token if len(token) == TOKEN_LENGTH and set(token) <= set(ALPHABET) else None


def one_spelling(text: str) -> str:
    """By what a token is counted: whoever writes it small, in groups or with an older key's signature asks the same door.
    What is none of ours stays as it is."""
    token = read_token(text)
    secret = token and secret_of(token)
    return token_for(secret) if secret else token or text


def secret_of(token: str) -> str | None:
    """The secret inside a token whose signature holds, else None. Old keys count while SECRET_KEY_FALLBACKS names them."""
    secret, signature = token[:SECRET_LENGTH], token[SECRET_LENGTH:]
    for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        if constant_time_compare(signature, _signature(secret, key)):
            return secret
    return None


def url_for(secret: str) -> str:
    """The short address in the QR: a phone's own camera or WeChat opens it without an app."""
    return f"{settings.PUBLIC_BASE_URL}/q/{token_for(secret)}/"


def short_code(token: str) -> str:
    """As printed under the image: ABCD-EFGH-JKMN-PQRS."""
    return "-".join(token[start : start + 4] for start in range(0, len(token), 4))


def _signature(secret: str, key: str) -> str:
    digest = int.from_bytes(salted_hmac(SALT, secret, secret=key, algorithm="sha256").digest()[:4])
    return "".join(ALPHABET[digest >> shift & 31] for shift in range(0, SIGNATURE_LENGTH * 5, 5))
