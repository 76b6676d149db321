"""Asks a platform by signed HTTP: bounded in time, size and attempts; docs/workflow/2-credit-lookup.md has the protocol.

Only failures that a second try can mend are tried again: no connection, or a 5xx. A source that hangs, redirects,
answers with garbage or with too much has not answered.
"""

import hashlib
import hmac
import json
import time
from datetime import UTC, datetime

import requests
from urllib3.exceptions import HTTPError as BrokenStream

from lending.credit_lookup.adapters.reply import MAX_ITEMS, Question, Reply, digest, not_fetched, tidy_item

CONNECT_SECONDS, READ_SECONDS, TOTAL_SECONDS = 3.0, 8.0, 20.0
BACK_OFF_SECONDS = (0.2, 0.8)  # before the second and the third attempt
MAX_BYTES = 2 * 1024 * 1024
CHUNK = 64 * 1024


class Unusable(Exception):
    """The source answered with something that is not an answer."""


class TryAgain(Exception):
    """The attempt failed in a way that another one may mend."""


def ask(source: dict, question: Question) -> Reply:
    body = json.dumps(_body(question), ensure_ascii=False).encode()
    give_up_at = time.monotonic() + float(source.get("total_seconds", TOTAL_SECONDS))
    attempt, problem = 0, ""
    for attempt, pause in enumerate((0.0, *BACK_OFF_SECONDS), start=1):
        if time.monotonic() + pause >= give_up_at:
            return not_fetched(problem, attempts=attempt - 1)
        time.sleep(pause)
        try:
            content = _fetch(source, question, body, give_up_at)
        except TryAgain as trouble:
            problem = str(trouble)
            continue
        except Unusable as trouble:
            return not_fetched(str(trouble), attempts=attempt)
        return _read(content, question, attempt)
    return not_fetched(problem, attempts=attempt)


def _body(question: Question) -> dict:
    return {
        "request_id": question.id,
        "credit_code": question.credit_code,
        "purpose": question.purpose,
        "consent": {
            "reference": str(question.consent_id),
            "given_at": question.consent_given_at.isoformat(),
            "expires_at": question.consent_expires_at.isoformat(),
        },
    }


def signed_headers(secret: str, request_id: str, body: bytes, at: datetime) -> dict[str, str]:
    """`v1=` and the hex of HMAC-SHA256 over `<unix seconds>.<id>.<body>`; the same for every retry but the time."""
    timestamp = str(int(at.timestamp()))
    content = f"{timestamp}.{request_id}.".encode() + body
    signature = hmac.new(secret.encode(), content, hashlib.sha256).hexdigest()
    return {
        "Content-Type": "application/json; charset=utf-8",
        "Accept": "application/json",
        "X-Doorstep-Timestamp": timestamp,
        "X-Doorstep-Request-Id": request_id,
        "X-Doorstep-Signature": f"v1={signature}",
    }


def _fetch(source: dict, question: Question, body: bytes, give_up_at: float) -> bytes:
    headers = signed_headers(source["secret"], question.id, body, datetime.now(UTC))
    session = requests.Session()
    session.trust_env = False  # no .netrc: it would replace our headers with somebody's password
    waits = (
        float(source.get("connect_seconds", CONNECT_SECONDS)),
        float(source.get("read_seconds", READ_SECONDS)),
    )
    try:
        with session.post(
            source["url"], data=body, headers=headers, timeout=waits, stream=True, allow_redirects=False,
            verify=source.get("ca") or True,
        ) as response:  # fmt: skip
            return _content(response, give_up_at)
    except requests.ReadTimeout:
        raise Unusable("应答超时") from None
    except requests.ConnectionError:
        raise TryAgain("连接失败") from None
    except (requests.RequestException, BrokenStream, OSError):
        raise Unusable("应答中断或无法读取") from None
    finally:
        session.close()


def _content(response: requests.Response, give_up_at: float) -> bytes:
    if response.status_code >= 500:
        raise TryAgain(f"对方系统出错(HTTP {response.status_code})")
    if response.status_code != 200:  # redirects too: a query is signed for one address
        raise Unusable(f"对方没有受理(HTTP {response.status_code})")
    parts, size = [], 0
    while part := response.raw.read1(CHUNK, decode_content=True):
        size += len(part)
        if size > MAX_BYTES:
            raise Unusable("应答过大")
        if time.monotonic() > give_up_at:  # a byte now and then keeps the read timeout from striking
            raise Unusable("应答超时")
        parts.append(part)
    return b"".join(parts)


def _read(content: bytes, question: Question, attempts: int) -> Reply:
    """The answer in our shape; anything else than the documented JSON is not an answer."""
    sha256 = digest(content)
    try:
        answer = json.loads(content)
    except (ValueError, RecursionError):
        return not_fetched("应答不是有效的 JSON", attempts=attempts, sha256=sha256)
    if not isinstance(answer, dict) or answer.get("credit_code") != question.credit_code:
        return not_fetched("应答与所查主体不符", attempts=attempts, sha256=sha256)
    status, raw = answer.get("status"), answer.get("items", [])
    if status == "no_record" and raw == []:
        return Reply("no_record", sha256=sha256, attempts=attempts)
    if status != "found" or not isinstance(raw, list) or not 0 < len(raw) <= MAX_ITEMS:
        return not_fetched("应答格式不符", attempts=attempts, sha256=sha256)
    items = [tidy_item(item) for item in raw]
    if None in items:  # half an answer would look like a clean record
        return not_fetched("应答格式不符", attempts=attempts, sha256=sha256)
    return Reply("found", items=items, sha256=sha256, attempts=attempts)
