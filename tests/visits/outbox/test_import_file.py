"""A phone's file at a desk: whose it is, who may bring it, what becomes of each visit in it."""

import base64
import hashlib
import hmac
import io
import json
import uuid
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.utils import timezone
from PIL import Image

from accounts.roles import Role
from tests import factories as make
from visits.models import Visit, VisitPhoto
from visits.outbox import rules, ticket
from visits.outbox.services import import_file
from visits.presence import images

pytestmark = pytest.mark.django_db


def jpeg() -> str:
    out = io.BytesIO()
    Image.effect_noise((80, 60), 90).save(out, "JPEG")
    return base64.b64encode(out.getvalue()).decode()


def entry(of, *, photos: int = 0, **changes) -> dict:
    body = make.visit_body(of, outcome="no_need", need=None, consent=None) | changes
    return {"id": body["id"], "name": of.name, "visit": body, "photos": [{"id": str(uuid.uuid4()), "jpeg": jpeg()} for _ in range(photos)]}  # fmt: skip


def file(officer, *entries: dict, now=None, sealed: bool = True) -> dict:
    """As static/outbox/hand-out.js writes it."""
    contents = json.dumps({"made_at": "2026-11-20T10:00:00Z", "officer": officer.name, "visits": entries})
    text = ticket.issue(officer.pk, now or timezone.now())
    seal = hmac.new(ticket.seal_key(text).encode(), contents.encode(), hashlib.sha256).hexdigest()
    return {"format": "doorstep-outbox", "version": 1, "ticket": text, "contents": contents, "seal": seal if sealed else ""}  # fmt: skip


def bring(said: dict, by):
    return import_file(raw=json.dumps(said).encode(), by=by, now=timezone.now())


def refusal_of(said: dict, by) -> str:
    with pytest.raises(Exception) as refused:
        bring(said, by)
    assert Visit.objects.count() == 0
    return refused.value.code


def test_every_visit_of_the_file_is_recorded_as_the_officers_and_says_who_brought_it(cast):
    shops = [make.business(at=cast.xuhui) for _ in range(3)]
    said = file(cast.officer, *(entry(shop, photos=1) for shop in shops))
    done = bring(said, cast.panel)
    assert done.counts() == {"recorded": 3, "there": 0, "refused": 0}
    assert {(v.officer, v.imported_by, v.channel) for v in Visit.objects.all()} == {
        (cast.officer, cast.panel, "file")
    }
    assert VisitPhoto.objects.count() == 3


def test_the_same_file_again_adds_nothing(cast):
    said = file(cast.officer, entry(make.business(at=cast.xuhui), photos=2))
    bring(said, cast.officer)
    again = bring(said, cast.bankhead)
    assert (again.counts(), Visit.objects.count(), VisitPhoto.objects.count()) == ({"recorded": 0, "there": 1, "refused": 0}, 1, 2)  # fmt: skip


def test_what_the_phone_had_sent_already_is_there(cast, api):
    one = entry(make.business(at=cast.xuhui))
    assert api(cast.officer).post("/api/v1/visits/", one["visit"] | {"channel": "outbox"}).status_code == 201
    assert bring(file(cast.officer, one), cast.panel).counts()["there"] == 1
    assert Visit.objects.get().channel == "outbox"


def test_one_refused_visit_does_not_hold_up_the_others(cast):
    shop = make.business(at=cast.xuhui)
    old = (timezone.now() - timedelta(days=40)).isoformat()
    said = file(
        cast.officer, entry(shop, started_at=old, ended_at=None), entry(shop, outcome="nonsense"), entry(shop)
    )
    results = bring(said, cast.officer).results
    assert [result.state for result in results] == ["refused", "refused", "recorded"]
    assert results[0].sentence.endswith("走访已超过30天,不能补录,请联系区级工作专班。")
    assert results[1].sentence == "“nonsense” 不是合法选项。"


def test_one_photo_that_brings_the_decoder_down_does_not_hold_up_the_visits_after_it(cast, monkeypatch):
    told, clean = [], images.clean

    def once(sent: bytes):
        told.append(sent)
        if len(told) == 1:
            raise RuntimeError("decoder")
        return clean(sent)

    monkeypatch.setattr(images, "clean", once)
    shop = make.business(at=cast.xuhui)
    said = file(cast.officer, entry(shop, photos=2), entry(shop, photos=1))
    results = bring(said, cast.panel).results
    assert [(one.state, one.photos, one.photo_sentences) for one in results] == [
        ("recorded", 1, ["没有存下。请稍后再导入一次这个文件,已登记的不会重复。"]),
        ("recorded", 1, []),
    ]
    assert [(one.state, one.photos, one.photo_sentences) for one in bring(said, cast.panel).results] == [
        ("there", 1, []),
        ("there", 0, []),
    ]


def test_photos_alone_follow_a_visit_that_has_arrived(cast):
    one = entry(make.business(at=cast.xuhui), photos=1)
    bring(file(cast.officer, one | {"photos": []}), cast.officer)
    done = bring(file(cast.officer, one | {"visit": None}), cast.panel)
    assert (done.counts()["there"], done.results[0].photos) == (1, 1)


def test_photos_of_a_visit_that_never_arrived_are_refused(cast):
    one = entry(make.business(at=cast.xuhui), photos=1) | {"visit": None}
    assert (
        bring(file(cast.officer, one), cast.officer).results[0].sentence
        == "文件里只有照片,而这次走访没有登记。"
    )


def test_strangers_may_not_bring_it(cast):
    said = file(cast.officer, entry(make.business(at=cast.xuhui)))
    strangers = (cast.officer2, cast.panel_other, cast.bank, cast.city)
    stranger_head = make.user("head2", Role.BANK_COORDINATOR, cast.other_bank)
    assert {refusal_of(said, by) for by in (*strangers, stranger_head)} == {"not_allowed"}


def test_a_ticket_of_another_key_or_none_is_refused(cast, settings):
    said = file(cast.officer, entry(make.business(at=cast.xuhui)))
    settings.SECRET_KEY = "another-key-that-is-long-enough-for-django-to-take"
    assert refusal_of(said, cast.officer) == "ticket_forged"
    assert refusal_of(said | {"ticket": ""}, cast.officer) == "ticket_forged"


def test_a_ticket_outlives_a_new_key_while_the_old_one_stands_behind_it(cast, settings):
    said = file(cast.officer, entry(make.business(at=cast.xuhui)))
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another-key-that-is-long-enough-for-django-to-take"
    assert bring(said, cast.panel).counts()["recorded"] == 1


def test_a_ticket_for_somebody_else_does_not_open_a_sealed_file(cast):
    said = file(cast.officer, entry(make.business(at=cast.xuhui)))
    assert (
        refusal_of(said | {"ticket": ticket.issue(cast.officer2.pk, timezone.now())}, cast.officer2)
        == "ticket_forged"
    )


def test_contents_altered_on_the_way_are_refused(cast):
    said = file(cast.officer, entry(make.business(at=cast.xuhui)))
    altered = said | {"contents": said["contents"].replace("no_need", "refused")}
    assert refusal_of(altered, cast.panel) == "ticket_forged"


def test_an_unsealed_file_is_its_officers_alone_to_bring(cast):
    said = file(cast.officer, entry(make.business(at=cast.xuhui)), sealed=False)
    assert refusal_of(said, cast.panel) == "file_not_sealed"
    assert bring(said, cast.officer).counts()["recorded"] == 1


def test_thirty_days_after_its_issue_a_ticket_is_over_to_the_second(cast):
    now = timezone.now().replace(microsecond=0)
    text = ticket.issue(cast.officer.pk, now)
    assert ticket.read(text, now + ticket.VALID_FOR - timedelta(seconds=1)).officer_id == cast.officer.pk
    with pytest.raises(ticket.TicketExpired):
        ticket.read(text, now + ticket.VALID_FOR)


def test_nobody_brings_visits_of_an_account_that_was_switched_off(cast):
    said = file(cast.officer, entry(make.business(at=cast.xuhui)))
    cast.officer.is_active = False
    cast.officer.save()
    assert refusal_of(said, cast.panel) == "officer_inactive"


@pytest.mark.parametrize(
    "raw",
    [b"", b"{", b"[]", b"\xff\xfe", b"null", b'{"format": "doorstep-outbox", "version": 1}', b"[" * 100_000,
     b'{"format":"doorstep-outbox","version":1,"ticket":"a","seal":"","contents":"{\\"visits\\":[7]}"}',
     b'{"format":"doorstep-outbox","version":1,"ticket":"a","seal":"","contents":"{\\"visits\\":[{\\"id\\":\\"1\\"}]}"}',
     b'{"format":"doorstep-outbox","version":1,"ticket":"\\ud800","seal":"","contents":"{}"}'],
)  # fmt: skip
def test_what_is_no_such_file_is_refused_in_words(cast, web, raw):
    page = web(cast.officer).post("/outbox/import/", {"file": SimpleUploadedFile("x.json", raw)})
    assert (page.status_code, "没有登记任何走访。" in page.content.decode()) == (400, True)


def test_a_file_beyond_the_limit_is_refused_before_it_is_read(cast, web, monkeypatch):
    monkeypatch.setattr(rules, "MAX_BYTES", 10)
    page = web(cast.panel).post("/outbox/import/", {"file": SimpleUploadedFile("x.json", b"x" * 11)})
    assert (page.status_code, "文件超过32 MB" in page.content.decode()) == (413, True)


def test_the_desk_tells_what_became_of_each_visit(cast, web):
    shop = make.business("测试米店", at=cast.xuhui)
    said = json.dumps(file(cast.officer, entry(shop), entry(shop, outcome="nonsense"))).encode()
    page = (
        web(cast.bankhead)
        .post("/outbox/import/", {"file": SimpleUploadedFile("x.json", said)})
        .content.decode()
    )
    assert all(word in page for word in ("新登记 1 条", "没有收 1 条", "测试米店", "不是合法选项", "周访"))


def test_the_command_prints_what_it_did(cast, tmp_path, capsys):
    path = tmp_path / "handed-out.json"
    path.write_text(json.dumps(file(cast.officer, entry(make.business(at=cast.xuhui), photos=1))))
    call_command("import_outbox", str(path), by="panel")
    last = capsys.readouterr().out.strip().splitlines()[-1]
    assert json.loads(last) == {"officer": "officer", "recorded": 1, "there": 0, "refused": 0, "photos": 1}


def test_the_command_refuses_in_words(cast, tmp_path):
    path = tmp_path / "broken.json"
    path.write_text("{")
    with pytest.raises(CommandError, match="这不是走访通导出的文件"):
        call_command("import_outbox", str(path), by="panel")
