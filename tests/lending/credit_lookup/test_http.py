"""The http adapter against a real peer: what counts as an answer, what is tried again, and what it may cost."""

import hashlib
import hmac
import json
import socket
import time
from datetime import timedelta

import pytest

from lending.credit_lookup.adapters import Question, http
from lending.credit_lookup.services import look_up
from lending.models import CreditLookup
from tests.factories import NOW
from tests.lending import story
from tests.lending.credit_lookup import peer as platform

CODE = "91310104MADEM00012"
ASKED = Question(
    id="f" * 32, credit_code=CODE, purpose="审核", consent_id=7, consent_given_at=NOW, consent_expires_at=NOW + timedelta(days=365)
)  # fmt: skip


@pytest.fixture(autouse=True)
def _no_long_pauses(monkeypatch):
    monkeypatch.setattr(http, "BACK_OFF_SECONDS", (0.01, 0.01))


def ask(*answers, **settings):
    with platform.running(*answers) as peer:
        return http.ask(peer.source(**settings), ASKED), peer


def test_items_are_fetched_with_the_digest_of_the_bytes():
    body = platform.found(CODE)
    reply, _ = ask((200, body))
    assert (reply.answer, reply.attempts, reply.sha256) == ("found", 1, hashlib.sha256(body).hexdigest())
    assert reply.items == [
        {"category": "纳税", "item": "纳税信用等级", "value": "A", "department": "税务局", "as_of": "2026-04-30", "is_adverse": False}
    ]  # fmt: skip


def test_no_record_is_said_and_not_guessed():
    assert ask((200, platform.no_record(CODE)))[0].answer == "no_record"
    assert ask((404, b"{}"))[0].answer == "not_fetched"


def test_the_request_is_signed_over_time_id_and_body():
    _, peer = ask((200, platform.found(CODE)))
    (request,) = peer.requests
    headers, body = request["headers"], request["body"]
    content = f"{headers['X-Doorstep-Timestamp']}.{ASKED.id}.".encode() + body
    signature = hmac.new(platform.SECRET.encode(), content, hashlib.sha256).hexdigest()
    assert headers["X-Doorstep-Signature"] == f"v1={signature}"
    assert headers["X-Doorstep-Request-Id"] == ASKED.id
    assert abs(int(headers["X-Doorstep-Timestamp"]) - time.time()) < 5
    assert json.loads(body) == {
        "request_id": ASKED.id,
        "credit_code": CODE,
        "purpose": "审核",
        "consent": {
            "reference": "7",
            "given_at": NOW.isoformat(),
            "expires_at": (NOW + timedelta(days=365)).isoformat(),
        },
    }


def test_a_fault_of_the_other_side_is_tried_again_with_the_same_id():
    reply, peer = ask((500, b"oops"), (503, b"busy"), (200, platform.found(CODE)))
    assert (reply.answer, reply.attempts) == ("found", 3)
    assert {request["headers"]["X-Doorstep-Request-Id"] for request in peer.requests} == {ASKED.id}


def test_after_three_faults_it_is_given_up():
    reply, peer = ask((500, b"oops"))
    assert (reply.answer, reply.attempts, reply.problem) == ("not_fetched", 3, "对方系统出错(HTTP 500)")
    assert len(peer.requests) == 3


def test_nobody_there_is_tried_three_times():
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    source = {"code": "province", "adapter": "http", "url": f"http://127.0.0.1:{port}/", "secret": "s"}
    reply = http.ask(source, ASKED)
    assert (reply.answer, reply.attempts, reply.problem) == ("not_fetched", 3, "连接失败")


def test_a_connection_that_is_cut_is_tried_again():
    reply, _ = ask(platform.hang_up, (200, platform.found(CODE)))
    assert (reply.answer, reply.attempts) == ("found", 2)


def test_a_source_that_hangs_is_left_after_its_time_and_not_asked_again():
    began = time.monotonic()
    reply, peer = ask(platform.hang, read_seconds=0.2)
    assert (reply.answer, reply.attempts, reply.problem) == ("not_fetched", 1, "应答超时")
    assert (len(peer.requests), time.monotonic() - began < 1.4) == (1, True)


def test_a_source_that_drips_is_left_after_the_total_time():
    began = time.monotonic()
    reply, _ = ask(platform.drip, total_seconds=0.4)
    assert (reply.answer, reply.problem) == ("not_fetched", "应答超时")
    assert time.monotonic() - began < 2


@pytest.mark.parametrize("answer", [platform.flood, platform.bomb], ids=["4 MB", "40 MB in gzip"])
def test_too_much_is_not_read(answer):
    reply, _ = ask(answer)
    assert (reply.answer, reply.problem) == ("not_fetched", "应答过大")


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(status):
    with platform.running((200, platform.found(CODE))) as elsewhere:
        target = f"http://127.0.0.1:{elsewhere.port}/"
        reply, _ = ask(lambda handler: platform.reply(handler, status, b"", Location=target))
        assert (reply.answer, reply.problem, elsewhere.requests) == (
            "not_fetched",
            f"对方没有受理(HTTP {status})",
            [],
        )


@pytest.mark.parametrize("status", [201, 204, 400, 401, 403, 429])
def test_other_statuses_are_no_answer_and_not_tried_again(status):
    reply, peer = ask((status, b"" if status == 204 else b"{}"))
    assert (reply.answer, len(peer.requests)) == ("not_fetched", 1)


GARBAGE = [
    b"", b"<html>", b"\xff\xfe", b"null", b"[]", b"[" * 100_000, b'{"status": "found"}',
    platform.found("91310104MADEM00013"), platform.found(CODE, as_of="yesterday"), platform.found(CODE, as_of=None),
    platform.found(CODE, is_adverse="no"), platform.found(CODE, category=""), platform.found(CODE, value=7),
    platform.found(CODE, value="x" * 401), platform.found(CODE, value="a\x00b"), platform.found(CODE, item=["x"]),
    json.dumps({"credit_code": CODE, "status": "found", "items": []}).encode(),
    json.dumps({"credit_code": CODE, "status": "found", "items": ["x"]}).encode(),
    json.dumps({"credit_code": CODE, "status": "found", "items": {}}).encode(),
    json.dumps({"credit_code": CODE, "status": "clean", "items": []}).encode(),
    json.dumps({"credit_code": CODE, "status": "no_record", "items": [{}]}).encode(),
]  # fmt: skip


@pytest.mark.parametrize("body", GARBAGE, ids=range(len(GARBAGE)))
def test_garbage_is_not_an_answer_and_its_digest_is_kept(body):
    reply, _ = ask((200, body))
    assert (reply.answer, reply.items, reply.sha256) == ("not_fetched", [], hashlib.sha256(body).hexdigest())


def test_half_an_answer_is_not_taken_for_a_clean_record():
    whole = json.loads(platform.found(CODE))
    whole["items"].append({"category": "司法"})
    assert ask((200, json.dumps(whole).encode()))[0].items == []


@pytest.mark.django_db
def test_the_answer_of_a_platform_becomes_a_receipt(cast, settings):
    case = story.visited(cast)
    body = platform.found(case.business.credit_code, is_adverse=True)
    with platform.running((500, b""), (200, body)) as peer:
        settings.CREDIT_SOURCES = [peer.source()]
        look_up(case=case, by=cast.panel, now=NOW)
    kept = CreditLookup.objects.get()
    assert (kept.source, kept.adapter, kept.answer, kept.attempts) == ("province", "http", "found", 2)
    assert (kept.response_sha256, kept.adverse_categories) == (hashlib.sha256(body).hexdigest(), ["纳税"])
