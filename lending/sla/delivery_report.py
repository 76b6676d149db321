"""Reading what a mail system says about a letter: RFC 3464 as it is written, and as it is met. No ORM, no network.

Reports come from anybody and in any shape, so nothing here trusts a length, a charset or a structure: at most
`READ_BYTES` of a mail are looked at (the returned letter comes last and is not needed), a Content-Type beyond reason and
more than `MOST_PARTS` parts are not parsed, and whatever the parser cannot read is a report that says nothing.
"""

import re
from collections.abc import Callable
from email.message import Message
from email.parser import BytesParser
from email.policy import Policy, compat32
from itertools import count
from typing import NamedTuple

READ_BYTES = 1 << 20
MOST_PARTS = 50  # every line is compared with the boundary of each that is open
MOST_RECIPIENTS = 20  # a letter of ours has one; an alias may have some more
MESSAGE_ID = re.compile(r"<[^<>@\s]{1,80}@[^<>@\s]{1,80}>")
# The parser takes this type for headers and leaves what is encoded as it came; under another name it is a plain part.
STATUS_TYPE = re.compile(rb"(?im)^(content-type:\s*)message/(?:global-)?delivery-status")
MONSTROUS = re.compile(rb"(?im)^content-[a-z-]{1,40}:(?:[^\n]|\n[ \t]){4000}")
XTEXT = re.compile(r"\+([0-9A-F]{2})")
POSTMASTERS = re.compile(r"(?i)\b(postmaster|mailer-daemon|mail-daemon|mdaemon)\b")
SMTP_ANSWER = re.compile(r"(?<![\d.])5\d\d[ -]|(?<![\d.])5\.\d{1,3}\.\d{1,3}(?![\d.])")


class Report(NamedTuple):
    """About one recipient. `message_ids`: which letter it may be about, the surest first."""

    message_ids: tuple[str, ...]
    recipient: str
    action: str  # failed delayed delivered relayed expanded, or what else stood there
    status: str
    diagnostic: str


def read(raw: bytes) -> list[Report]:
    """The reports in one mail; none where it is no report at all."""
    raw = raw[:READ_BYTES]
    if MONSTROUS.search(raw):
        return []
    try:
        mail = BytesParser(_counted(), policy=compat32).parsebytes(
            STATUS_TYPE.sub(rb"\1text/x-delivery-status", raw)
        )
        return _reports(mail)
    except (RecursionError, ValueError, LookupError, AttributeError, TypeError, AssertionError):
        return []  # the parser's own stumbling blocks


def _counted() -> Callable[..., Message]:
    """Makes the parts for the parser, which asks for each as it comes to it, and stumbles where they are too many."""
    numbers = count()

    def part(policy: Policy) -> Message:
        if next(numbers) > MOST_PARTS:  # the first is asked for to try, and thrown away
            raise ValueError("more parts than a report has")
        return Message(policy=policy)

    return part


def _reports(mail: Message) -> list[Report]:
    parts = list(_parts(mail))
    status = next((part for part in parts if part.get_content_type() == "text/x-delivery-status"), None)
    if status is None:
        return _in_words(mail, parts)
    blocks = [_fields(block) for block in re.split(r"\n[ \t]*\n", _text(status))]
    envelope = next(
        (block["original-envelope-id"] for block in blocks if "original-envelope-id" in block), ""
    )
    # cleaned once more: what was encoded was not there to be cleaned before
    ids = _ids(mail, parts, _clean(XTEXT.sub(lambda hit: chr(int(hit[1], 16)), envelope)))
    return [_report(ids, block) for block in blocks if "action" in block][:MOST_RECIPIENTS]


def _report(ids: tuple[str, ...], block: dict[str, str]) -> Report:
    final = block.get("final-recipient") or block.get("original-recipient", "")
    action = re.match(r"[a-z-]*", block["action"].lower())[0]
    status = re.search(r"\d\.\d{1,3}\.\d{1,3}", block.get("status", ""))
    diagnostic = _after_type(block.get("diagnostic-code", ""))
    return Report(
        ids, _after_type(final).strip("<> ")[:254], action[:12], status[0] if status else "", diagnostic[:300]
    )


def _in_words(mail: Message, parts: list[Message]) -> list[Report]:
    """A bounce that only tells people: from a postmaster, with a refusal in it and our Message-ID. Some systems send
    nothing else; anything less certain is a person or an absence note."""
    if not POSTMASTERS.search(_clean(mail.get("From", ""))):
        return []
    text = "\n".join(_text(part) for part in parts if part.get_content_type() in ("text/plain", "text/html"))
    ids, refusal = _ids(mail, parts, ""), SMTP_ANSWER.search(text)
    if not ids or not refusal:
        return []
    code = re.search(r"5\.\d{1,3}\.\d{1,3}", text)
    line = re.sub(r"<[^>]{0,200}>", " ", text[refusal.start() : refusal.start() + 400]).split("\n")[0]
    failed = _clean(mail.get("X-Failed-Recipients", "")).strip()
    return [Report(ids, failed[:254], "failed", code[0] if code else "", " ".join(line.split())[:300])]


def _ids(mail: Message, parts: list[Message], envelope: str) -> tuple[str, ...]:
    """By how sure they are: what we put on the envelope, the header of the letter sent back, what the report answers."""
    said = [f"<{envelope.strip('<> ')}>"]
    for part in parts:
        if part.get_content_type() in (
            "message/rfc822",
            "message/global",
            "text/rfc822-headers",
            "message/rfc822-headers",
        ):
            said.append(_returned_id(part))
    said += [_clean(mail.get(name, "")) for name in ("In-Reply-To", "References")]
    said += [_text(part) for part in parts if part.get_content_type() in ("text/plain", "text/html")]
    found = [one for text in said for one in MESSAGE_ID.findall(text[:20_000])]
    return tuple(dict.fromkeys(found))[:20]


def _returned_id(part: Message) -> str:
    if part.is_multipart():  # a whole letter, read as one
        inner = part.get_payload()
        return _clean(inner[0].get("Message-ID", "")) if inner else ""
    line = re.search(r"(?im)^message-id:\s*(\S+)", _text(part))
    return line[1] if line else ""


def _parts(mail: Message):
    """Every part, without looking into the letter that was sent back: it may be anything."""
    yield mail
    if mail.get_content_maintype() == "multipart" and mail.is_multipart():
        for part in mail.get_payload():
            yield from _parts(part)


def _text(part: Message) -> str:
    """Decoded; in the charset named, else UTF-8, else what Chinese systems write without saying so."""
    if part.is_multipart():
        return ""
    octets = part.get_payload(decode=True) or b""
    for charset in (part.get_content_charset() or "utf-8", "utf-8", "gb18030"):
        try:
            return _clean(octets.decode(charset))
        except (LookupError, ValueError):
            continue
    return _clean(octets.decode("ascii", errors="replace"))


def _fields(block: str) -> dict[str, str]:
    """Header lines, unfolded; the first of a name counts."""
    fields: dict[str, str] = {}
    for line in re.sub(r"\n[ \t]+", " ", block).split("\n"):
        name, colon, value = line.partition(":")
        if colon:
            fields.setdefault(name.strip().lower(), value.strip())
    return fields


def _after_type(value: str) -> str:
    """`rfc822; li@example.cn` → `li@example.cn`."""
    kind, semicolon, rest = value.partition(";")
    return rest.strip() if semicolon and re.fullmatch(r"[\w-]+", kind.strip()) else value.strip()


def _clean(text: object) -> str:
    """What PostgreSQL takes: no NUL and no lone surrogate."""
    return str(text).replace("\r\n", "\n").replace("\x00", "").encode(errors="replace").decode()
