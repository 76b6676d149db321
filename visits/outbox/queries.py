"""What a phone keeps for the day. Never writes."""

import hashlib
import json
from datetime import datetime

from accounts.clock import day_of
from accounts.models import User
from visits.codes.models import Code
from visits.codes.rules import token_for
from visits.consent.queries import current_notice
from visits.field import queries, rows
from visits.field.assigned import assigned_to, businesses
from visits.field.rules_today import Asked, chosen
from visits.outbox import ticket
from visits.register.models import Business

MOST = 500  # businesses of one day on one phone: weeks of walking, and some 30 KB on the wire


def day_list(officer: User, now: datetime, *, have: str = "") -> dict:
    """Whom to visit, with what marks; a fresh ticket. `have` is the version the phone holds: then no list is sent."""
    waiting = chosen(assigned_to(officer, now), Asked())
    listed_already = {one.pk for one in waiting}  # tried today in vain: still to be visited
    done = [one for one in queries.done_today(officer, now) if one.pk not in listed_already]
    shown = [*businesses(waiting[:MOST], officer, now), *done]
    hashes = code_hashes(shown, now)
    listed = [_business(one, now) | {"code": hashes.get(one.pk, "")} for one in shown]
    about = {
        "businesses": listed, "total": len(waiting), "done": len(done),
        "banks": [{"code": code, "name": name} for code, name in queries.banks().values_list("code", "name")],
        "notice": _notice(now),
    }  # fmt: skip
    signed = ticket.issue(officer.pk, now)
    version = _digest(about)
    return {
        "version": version, "as_of": now.isoformat(), "day": day_of(now).isoformat(),
        "officer": {"id": str(officer.pk), "username": officer.username, "name": officer.name},
        "ticket": signed, "seal_key": ticket.seal_key(signed),
        # what the visit form is made of: when it changes, the phone fetches its offline form again
        "form": _digest([about["banks"], about["notice"]]),
        **({} if have == version else about),
    }  # fmt: skip


def code_hashes(businesses: list[Business], now: datetime) -> dict[int, str]:
    """SHA-256 of the token on each door: a phone without network recognises the door it scanned, and can print none."""
    live = Code.objects.filter(
        business__in=[one.pk for one in businesses], revoked_at__isnull=True, expires_at__gt=now
    )
    return {
        business: hashlib.sha256(token_for(secret).encode()).hexdigest()
        for business, secret in live.values_list("business_id", "secret")
    }


def _business(business: Business, now: datetime) -> dict:
    row = rows.business_row(business, now)
    marks = [{"label": str(mark["label"]), "state": mark.get("state", "")} for mark in row["marks"]]
    return {
        "credit_code": business.credit_code, "name": business.name, "kind": str(row["kind"]),
        "address": business.address, "marks": marks, "is_done": bool(row.get("is_done")),
    }  # fmt: skip


def _notice(now: datetime) -> dict | None:
    notice = current_notice(day_of(now))
    return notice and {
        "version": notice.version, "title": notice.title, "text": notice.text, "scopes": notice.scopes,
    }  # fmt: skip


def _digest(said: object) -> str:
    return hashlib.sha256(json.dumps(said, sort_keys=True, ensure_ascii=False).encode()).hexdigest()[:16]
