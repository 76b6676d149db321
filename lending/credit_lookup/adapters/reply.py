"""What is asked of a source and what came of it; knows neither the ORM nor the network."""

import hashlib
import json
from dataclasses import dataclass, field
from datetime import date, datetime

MAX_ITEMS = 500
TEXT_LIMITS = {"category": 40, "item": 80, "value": 400, "department": 80}


@dataclass(frozen=True)
class Question:
    """One business, one purpose, under one consent. `id` stays the same over retries, so a source may bill once."""

    id: str
    credit_code: str
    purpose: str
    consent_id: int
    consent_given_at: datetime
    consent_expires_at: datetime


@dataclass(frozen=True)
class Reply:
    """`answer` is found, no_record or not_fetched; "no record" is something a source said, never a silence."""

    answer: str
    items: list[dict] = field(default_factory=list)
    sha256: str = ""
    attempts: int = 1
    problem: str = ""


def not_fetched(problem: str, *, attempts: int = 1, sha256: str = "") -> Reply:
    """`problem` is kept on the receipt for ever, so it is said in Chinese whatever language the page is read in."""
    return Reply("not_fetched", sha256=sha256, attempts=attempts, problem=problem[:200])


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def digest_of(items: list[dict]) -> str:
    return digest(json.dumps(items, sort_keys=True, ensure_ascii=False).encode())


def tidy_item(raw: object) -> dict | None:
    """One item in our shape, or None where the source sent something else."""
    if not isinstance(raw, dict) or not isinstance(raw.get("is_adverse", False), bool):
        return None
    texts = {name: raw.get(name, "") for name in TEXT_LIMITS}
    if not all(isinstance(text, str) and "\x00" not in text for text in texts.values()):
        return None
    if not texts["category"].strip() or not texts["item"].strip():
        return None
    if any(len(text) > TEXT_LIMITS[name] for name, text in texts.items()):
        return None
    try:
        as_of = date.fromisoformat(raw.get("as_of"))
    except (TypeError, ValueError):
        return None
    clean = {name: text.strip() for name, text in texts.items()}
    return {**clean, "as_of": as_of.isoformat(), "is_adverse": raw.get("is_adverse", False)}
