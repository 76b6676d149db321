"""What stands in an unsubscribe link: whose letters, and which. Signed, so that nobody turns off another's; it opens
nothing else, and it never expires, because a mail may be read late."""

from django.core import signing

from lending.sla.kinds import Step

SALT = "lending.sla.letters.unsubscribe"


def make(user: int, steps: list[str]) -> str:
    return signing.dumps([user, *steps], salt=SALT)


def read(token: str) -> tuple[int, list[Step]] | None:
    """(user, steps), or None for what is not one of ours."""
    try:
        user, *steps = signing.loads(token, salt=SALT)
        return int(user), [Step(step) for step in steps]
    except (signing.BadSignature, TypeError, ValueError):
        return None
