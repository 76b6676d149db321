"""Reading reports as mail systems write them, and what pretends to be one."""

import time
import tracemalloc

import pytest

from lending.sla.delivery_report import MOST_PARTS, READ_BYTES, read
from tests.lending.sla.reports import (
    ABSENCE,
    EXCHANGE,
    EXIM_IN_WORDS,
    ID,
    NETEASE,
    POSTFIX,
    TENCENT,
    written,
)


def one(raw: bytes) -> tuple:
    (report,) = read(raw)
    return report.message_ids[0], *report[1:]


@pytest.mark.parametrize(("shape", "told"), [
    (POSTFIX, ("li@bank.example.cn", "failed", "5.1.1", "550 5.1.1 <li@bank.example.cn>: Recipient address rejected: User unknown")),
    (EXCHANGE, ("li@bank.example.cn", "failed", "5.1.10", "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient li@bank.example.cn not found by SMTP address lookup")),
    (NETEASE, ("li@163.com", "failed", "5.0.0", "550 User not found: li@163.com 用户不存在")),
    (TENCENT, ("", "failed", "", "550 Mailbox not found")),
    (EXIM_IN_WORDS, ("li@county.example.cn", "failed", "5.2.2", "550 5.2.2 mailbox is full")),
], ids=["postfix", "exchange", "netease", "tencent", "exim"])  # fmt: skip
@pytest.mark.parametrize("ending", [b"\n", b"\r\n"], ids=["lf", "crlf"])
def test_a_report_names_letter_recipient_outcome_and_reason(shape, told, ending):
    assert one(written(shape).replace(b"\n", ending)) == (ID, *told)


@pytest.mark.parametrize("action", ["delivered", "delayed", "relayed", "expanded"])
def test_every_outcome_of_the_standard_is_read(action):
    assert one(written(POSTFIX, action=action, status="2.0.0"))[2:4] == (action, "2.0.0")


def test_the_envelope_names_the_letter_where_nothing_of_it_comes_back():
    raw = written(POSTFIX).replace(f"Message-ID: {ID}".encode(), b"Subject: x")
    assert one(raw)[0] == ID


def test_without_an_envelope_the_returned_headers_name_the_letter():
    raw = written(POSTFIX).replace(b"Original-Envelope-Id:", b"X-Nothing:")
    assert one(raw)[0] == ID


def test_an_envelope_in_xtext_is_read_back():
    raw = written(POSTFIX, message_id="<a=b+c@doorstep.example.cn>").replace(b"Id: a=b+c", b"Id: a+3Db+2Bc")
    assert one(raw)[0] == "<a=b+c@doorstep.example.cn>"


def test_no_nul_comes_out_of_an_envelope_in_xtext():
    assert one(written(POSTFIX, message_id="<x+00y@example.cn>"))[0] == "<xy@example.cn>"


def test_each_recipient_of_a_report_is_told_apart():
    more = b"Final-Recipient: rfc822; wang@bank.example.cn\nAction: delivered\nStatus: 2.1.5\n\n--4XyZ1"
    raw = written(POSTFIX).replace(b"--4XyZ1", more, 3).replace(more, b"--4XyZ1", 2)
    assert [(r.recipient, r.action) for r in read(raw)] == [
        ("li@bank.example.cn", "failed"), ("wang@bank.example.cn", "delivered"),
    ]  # fmt: skip


def test_base64_hides_nothing():
    import base64

    raw = written(POSTFIX)
    start = raw.index(b"Reporting-MTA")
    end = raw.index(b"\n--4XyZ1", start)
    coded = base64.encodebytes(raw[start:end])
    raw = raw[:start].rstrip() + b"\nContent-Transfer-Encoding: base64\n\n" + coded + raw[end:]
    assert one(raw)[:4] == (ID, "li@bank.example.cn", "failed", "5.1.1")


@pytest.mark.parametrize("raw", [
    b"", b"\x00" * 100, b"\xff\xfe\x80" * 1000, b"From: a@b\n\nhello", b"Content-Type: multipart/report\n\n",
    written(ABSENCE), written(ABSENCE).replace(b"Li <li@", b"Postmaster Li <li@").replace(b"550 for", b"55 for"),
    b"Content-Type: message/delivery-status\n\n", b"Content-Type: message/delivery-status\n\nAction",
    b'Content-Type: multipart/report; boundary="' + b"x" * 5000 + b'"\n\n',
    written(TENCENT, message_id="nothing"),
])  # fmt: skip
def test_what_is_no_report_is_none(raw):
    assert read(raw) == []


@pytest.mark.parametrize("raw", [
    b"Content-Type: message/delivery-status; charset=nonsense\n\nAction: failed\n",
    b"Content-Type: message/delivery-status\nContent-Transfer-Encoding: base64\n\nQWN0aW9uOiBmYWlsZWQ\n",
    b"Content-Type: message/delivery-status\n\nAction: failed\x00\xff\nStatus: \xed\xa0\x80\nFinal-Recipient: ;;;\n",
    b"Content-Type: message/delivery-status\n\nFinal-Recipient: rfc822; " + b"a" * 9000 + b"\nAction: " + b"f" * 9000,
])  # fmt: skip
def test_a_broken_report_is_read_as_far_as_it_goes_and_fits_the_ledger(raw):
    (report,) = read(raw)
    lengths = [len(report.recipient) <= 254, len(report.action) <= 12, len(report.diagnostic) <= 300]
    assert (report.action[:1], lengths, "\x00" in "".join(report[1:])) == ("f", [True] * 3, False)


def test_a_report_may_speak_of_boundaries():
    raw = written(POSTFIX).replace(
        b"This is the mail system", b"boundary " * 60 + b"\nThis is the mail system"
    )
    assert one(raw)[0] == ID


@pytest.mark.parametrize(("parts", "reports"), [(MOST_PARTS, 1), (MOST_PARTS + 1, 0)])
def test_a_report_of_too_many_parts_is_not_read(parts, reports):
    status = b"--b\nContent-Type: message/delivery-status\n\nAction: failed\n\n"
    raw = (
        b"Content-Type: multipart/report; boundary=b\n\n" + status + b"--b\n\nx\n" * (parts - 2) + b"--b--\n"
    )
    assert len(read(raw)) == reports


def nested(depth: int) -> bytes:
    opened = b"".join(
        b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (n, n) for n in range(depth)
    )
    return opened + b"Content-Type: text/plain\n\nx\n"


@pytest.mark.parametrize("raw", [
    nested(20_000), nested(200) + b"line\n" * 150_000, b"Content-Type: multipart/report;" + b' a="' * 300_000,
    b"A: b\n" * 200_000, b"Content-Type: message/delivery-status\n\n" + b"\n \n" * 300_000, b"<" * READ_BYTES,
    b"From: postmaster@x\n\n" + b"<a@" * 350_000, b"From: postmaster@x\n\n" + b"550 " * 260_000,
    b"Content-Type: message/delivery-status\n\n" + b"Action: failed\n\n" * 60_000,
    b"Content-Type:" + b" " * 1_000_000, b"Content-Type:" + b"\n" * 1_000_000,
], ids=["deep", "many-boundaries", "parameters", "headers", "blank", "angles", "ids", "codes", "blocks", "spaces", "lines"])  # fmt: skip
def test_hostile_input_costs_seconds_at_most(raw):
    began = time.process_time()
    read(raw)
    assert time.process_time() - began < 5


def test_ten_megabytes_cost_what_one_does():
    letter = b"Content-Type: message/rfc822\n\nMessage-ID: x\n\n" + b"QUJD\n" * 2_000_000
    raw = written(POSTFIX).replace(b"Content-Type: text/rfc822-headers\n", letter)
    tracemalloc.start()
    began = time.process_time()
    told = one(raw)
    took, (_now, peak) = time.process_time() - began, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (told[0], told[2], len(raw) > 10_000_000, took < 5, peak < 30_000_000) == (
        ID,
        "failed",
        True,
        True,
        True,
    )
