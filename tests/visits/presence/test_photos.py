"""`PUT visits/…/photos/…/`: what is kept of a photo, and what is refused in words."""

import struct
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import BytesIO

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone
from PIL import Image, ImageChops, ImageOps

from tests import factories as make
from tests.visits.field.test_record import plain
from tests.visits.presence import pictures
from visits.models import Visit, VisitPhoto, VisitPolicy
from visits.presence import images
from visits.presence.services import purge_photos

pytestmark = pytest.mark.django_db


@pytest.fixture
def visit(cast, api) -> Visit:
    api(cast.officer).post("/api/v1/visits/", plain(make.business("测试米店")))
    return Visit.objects.get()


def put(client, visit, body: bytes, photo=None, **extra):
    return client.generic(
        "PUT", f"/api/v1/visits/{getattr(visit, 'pk', visit)}/photos/{photo or uuid.uuid4()}/", body,
        content_type="image/jpeg", **extra,
    )  # fmt: skip


def test_a_photo_is_kept_small_and_bare_and_a_repeat_is_answered_as_before(cast, api, visit):
    sent, photo = pictures.with_position(size=(2400, 1800)), uuid.uuid4()
    assert b"SecretMaker" in sent and b"SecretXmp" in sent
    answers = [put(api(cast.officer), visit, sent, photo) for _ in range(2)]
    assert [(a.status_code, a.json()) for a in answers] == [
        (201, {"photo": str(photo), "width": 1600, "height": 1200}),
        (200, {"photo": str(photo), "width": 1600, "height": 1200}),
    ]
    kept = bytes(VisitPhoto.objects.get().jpeg)
    with Image.open(BytesIO(kept)) as image:
        assert (image.format, image.size, dict(image.getexif()), image.info.keys() & {"exif", "comment", "xmp", "icc_profile"}) == (
            "JPEG", (1600, 1200), {}, set(),
        )  # fmt: skip
    assert b"Secret" not in kept and len(kept) <= images.MAX_KEPT_BYTES


def test_a_photo_taken_upright_is_kept_upright(cast, api, visit):
    put(api(cast.officer), visit, pictures.with_position(size=(800, 600), orientation=6))
    assert (VisitPhoto.objects.get().width, VisitPhoto.objects.get().height) == (600, 800)


@pytest.mark.parametrize(
    ("tag", "kind", "value"),
    [
        (
            0x0128,
            4,
            struct.pack(">I", 70_000),
        ),  # ResolutionUnit and BitsPerSample, wider than the standard has them
        (0x0102, 4, struct.pack(">I", 70_000)),
        (0x0100, 9, struct.pack(">i", -1)),  # ImageWidth
        (0x011A, 10, struct.pack(">ii", -72, 1)),  # XResolution
    ],
)
def test_odd_facts_beside_the_pixels_do_not_matter(cast, api, visit, tag, kind, value):
    sent = pictures.with_odd_exif(tag, kind, 1, value)
    assert put(api(cast.officer), visit, sent).status_code == 201
    assert (VisitPhoto.objects.get().width, VisitPhoto.objects.get().height) == (600, 800)


@pytest.mark.parametrize("exif", [b"Exif\0\0MM\0*\0\0", b"Exif\0\0garbage", b"Exif\0\0MM\0*\0\0\0\x08\0\x09"])
def test_facts_broken_off_beside_whole_pixels_do_not_matter(cast, api, visit, exif):
    sent = pictures.jpeg(size=(800, 600), exif=exif, dpi=(72, 72))
    assert put(api(cast.officer), visit, sent).status_code == 201


def test_every_way_of_holding_a_camera_ends_upright():
    sent = [pictures.with_position(size=(80, 60), orientation=turn) for turn in range(1, 9)]
    for one in sent:
        with Image.open(BytesIO(one)) as image:
            upright = ImageOps.exif_transpose(image).convert("RGB")
        kept = Image.open(BytesIO(images.clean(one).jpeg))
        assert kept.size == upright.size
        assert max(high for _low, high in ImageChops.difference(kept, upright).getextrema()) < 40


def test_even_noise_ends_below_what_is_kept(cast, api, visit):
    assert put(api(cast.officer), visit, pictures.noise((1500, 1500))).status_code == 201
    assert len(VisitPhoto.objects.get().jpeg) <= images.MAX_KEPT_BYTES


def test_twenty_megabytes_are_refused_before_they_are_read(cast, api, visit):
    class Unread(BytesIO):
        def read(self, *size):
            raise AssertionError("read")

    answer = api(cast.officer).put(
        f"/api/v1/visits/{visit.pk}/photos/{uuid.uuid4()}/", content_type="image/jpeg",
        **{"wsgi.input": Unread(b""), "CONTENT_LENGTH": str(20 * 1024 * 1024)},
    )  # fmt: skip
    assert (answer.status_code, answer.json()["code"], "5兆字节" in answer.json()["detail"]) == (
        413,
        "photo_too_large",
        True,
    )


@pytest.mark.parametrize(("extra", "status"), [(0, 422), (1, 413)])
def test_five_megabytes_are_read_and_a_byte_more_is_not(cast, api, visit, extra, status):
    assert put(api(cast.officer), visit, b"x" * (5_000_000 + extra)).status_code == status


def test_an_upload_broken_off_is_told_from_a_broken_picture(cast, api, visit):
    sent = pictures.jpeg()
    half = {"wsgi.input": BytesIO(sent[:5000]), "CONTENT_LENGTH": str(len(sent))}
    short = put(api(cast.officer), visit, sent, **half)
    assert (short.status_code, short.json()["code"], VisitPhoto.objects.count()) == (
        400,
        "photo_incomplete",
        0,
    )


def png() -> bytes:
    out = BytesIO()
    pictures.scene().save(out, "PNG")
    return out.getvalue()


SENT = pictures.jpeg(size=(400, 300))
WRONG = {
    "nothing": b"", "text": b"<script>alert(1)</script>", "png": png(), "heic": b"\x00\x00\x00\x18ftypheic" + b"\x00" * 500,
    "truncated": SENT[: len(SENT) // 2], "head only": SENT[:20], "svg": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    "jpeg head and rubbish": SENT[:200] + b"\xff" * 4000, "gif": b"GIF89a" + b"\x00" * 100,
    "json": b'{"a": 1}', "size of nothing": SENT[:2] + b"\xff\xc0\x00\x11\x08\x00\x00\x00\x00\x03" + SENT[14:],
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_is_no_whole_jpeg_is_refused_in_words(cast, api, visit, name):
    answer = put(api(cast.officer), visit, WRONG[name])
    assert (answer.status_code, answer.json()["code"], VisitPhoto.objects.count()) == (
        422,
        "photo_unreadable",
        0,
    )


@pytest.mark.parametrize("place", range(0, len(SENT), max(1, len(SENT) // 60)))
def test_a_photo_with_a_byte_broken_is_kept_or_refused_and_never_an_error(cast, api, visit, place):
    broken = bytearray(SENT)
    broken[place] ^= 0xFF
    assert put(api(cast.officer), visit, bytes(broken)).status_code in (201, 422)


def test_a_bomb_of_pixels_is_refused_by_its_head(cast, api, visit):
    head = bytearray(SENT)
    at = head.index(b"\xff\xc0") + 5
    head[at : at + 4] = (60000).to_bytes(2, "big") * 2
    answer = put(api(cast.officer), visit, bytes(head))
    assert (answer.status_code, answer.json()["code"]) == (422, "photo_too_many_pixels")


def test_other_bytes_under_the_same_id_change_nothing(cast, api, visit):
    photo = uuid.uuid4()
    put(api(cast.officer), visit, pictures.jpeg(1), photo)
    before = VisitPhoto.objects.get().sha256
    answer = put(api(cast.officer), visit, pictures.jpeg(2), photo)
    assert (answer.status_code, answer.json()["code"], VisitPhoto.objects.get().sha256) == (
        409,
        "photo_id_reused",
        before,
    )


def test_the_id_of_somebody_elses_photo_tells_nothing(cast, api, visit):
    photo, sent = uuid.uuid4(), pictures.jpeg(1)
    put(api(cast.officer), visit, sent, photo)
    body = plain(make.business())
    api(cast.officer2).post("/api/v1/visits/", body)
    assert put(api(cast.officer2), body["id"], sent, photo).json()["code"] == "photo_id_reused"


def test_a_fourth_photo_is_refused_and_the_three_are_kept(cast, api, visit):
    statuses = [put(api(cast.officer), visit, pictures.jpeg(seed)).status_code for seed in range(4)]
    assert (statuses, VisitPhoto.objects.count()) == ([201, 201, 201, 422], 3)


def test_the_visit_of_somebody_else_is_not_there(cast, api, visit):
    statuses = {
        name: put(api(getattr(cast, name)), visit, SENT).status_code
        for name in ("officer2", "panel", "panel_other", "bank", "city", "auditor")
    }
    assert statuses == {
        "officer2": 404,
        "panel": 403,
        "panel_other": 404,
        "bank": 404,
        "city": 403,
        "auditor": 404,
    }
    assert (put(api(), visit, SENT).status_code, put(api(cast.officer), uuid.uuid4(), SENT).status_code) == (
        401,
        404,
    )


@pytest.mark.parametrize(
    ("age", "status"), [(timedelta(days=7) - timedelta(minutes=1), 201), (timedelta(days=7, minutes=1), 422)]
)
def test_photos_are_taken_for_seven_days(cast, api, visit, age, status):
    Visit.objects.update(recorded_at=timezone.now() - age)
    assert put(api(cast.officer), visit, SENT).status_code == status


def test_an_annulled_visit_takes_no_photo(cast, api, visit):
    api(cast.officer).post(f"/api/v1/visits/{visit.pk}/annul/", {"reason": "错"})
    assert put(api(cast.officer), visit, SENT).json()["code"] == "already_annulled"


def test_a_policy_without_photos_keeps_none(cast, api, visit):
    VisitPolicy.objects.create(district=cast.xuhui, effective_from="2026-01-01", photo="off")
    assert put(api(cast.officer), visit, SENT).json()["code"] == "photo_not_wanted"


def test_a_photo_cannot_be_fetched_posted_or_deleted_at_the_api(cast, api, visit):
    path = f"/api/v1/visits/{visit.pk}/photos/{uuid.uuid4()}/"
    assert [getattr(api(cast.officer), verb)(path).status_code for verb in ("get", "post", "delete")] == [
        405
    ] * 3


def somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return cursor.fetchone()[0] > 0


@pytest.mark.django_db(transaction=True)
def test_a_third_photo_on_its_way_lets_no_fourth_in(cast, api):
    """The other upload has taken its place and not committed yet: whoever comes now has to wait and count again."""
    api(cast.officer).post("/api/v1/visits/", plain(make.business()))
    visit = Visit.objects.get()
    here, there = api(cast.officer), api(cast.officer)  # signing in locks the person
    for seed in range(2):
        put(here, visit, pictures.jpeg(seed))

    def one() -> int:
        try:
            return put(there, visit, pictures.jpeg(9, size=(300, 200))).status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as away:
        with transaction.atomic():
            put(here, visit, pictures.jpeg(3))
            waiting = away.submit(one)
            while not (waiting.done() or somebody_waits()):
                time.sleep(0.05)
        assert (waiting.result(), VisitPhoto.objects.count()) == (422, 3)


@pytest.mark.django_db(transaction=True)
def test_one_photo_twice_at_once_is_kept_once(cast, api):
    api(cast.officer).post("/api/v1/visits/", plain(make.business()))
    visit, photo, sent = Visit.objects.get(), uuid.uuid4(), pictures.jpeg(7)

    def one(_n: int) -> int:
        try:
            return put(api(cast.officer), visit, sent, photo).status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as two:
        assert sorted(two.map(one, range(2))) == [200, 201]
    assert VisitPhoto.objects.count() == 1


# --- looking at them ---------------------------------------------------------------------------------------------------
@pytest.fixture
def photo(cast, api, visit) -> VisitPhoto:
    put(api(cast.officer), visit, pictures.jpeg(3))
    return VisitPhoto.objects.get()


def test_a_photo_is_shown_to_whoever_may_see_the_visit_and_kept_nowhere(cast, web, photo):
    path = f"/visits/{photo.visit_id}/photos/{photo.pk}/"
    people = (
        "officer",
        "panel",
        "city",
        "officer2",
        "panel_other",
        "bank",
        "bankhead",
        "sysadmin",
        "auditor",
    )
    assert {name: web(getattr(cast, name)).get(path).status_code for name in people} == {
        "officer": 200, "panel": 200, "city": 200, "officer2": 404, "panel_other": 404, "bank": 404, "bankhead": 404,
        "sysadmin": 404, "auditor": 404,
    }  # fmt: skip
    answer = web(cast.panel).get(path)
    assert (answer.headers["Content-Type"], "no-store" in answer.headers["Cache-Control"], answer.headers["X-Content-Type-Options"]) == (
        "image/jpeg", True, "nosniff",
    )  # fmt: skip
    assert web().get(path).status_code == 302


def test_the_thumbnail_is_small(cast, web, photo):
    small = web(cast.panel).get(f"/visits/{photo.visit_id}/photos/{photo.pk}/?small=1").content
    with Image.open(BytesIO(small)) as image:
        assert (max(image.size), len(small) < 20_000) == (240, True)


def test_the_photo_of_one_visit_is_not_found_under_another(cast, api, web, photo):
    body = plain(make.business())
    api(cast.officer).post("/api/v1/visits/", body)
    assert web(cast.officer).get(f"/visits/{body['id']}/photos/{photo.pk}/").status_code == 404


# --- letting them go -----------------------------------------------------------------------------------------------------
def test_a_photo_goes_when_its_days_are_over_and_its_hashes_stay(cast, web, photo):
    kept = VisitPhoto.objects.get()
    just_before = kept.received_at + timedelta(days=365) - timedelta(seconds=1)
    assert (purge_photos(now=just_before), purge_photos(now=just_before + timedelta(seconds=1))) == (0, 1)
    gone = VisitPhoto.objects.get()
    assert (gone.jpeg, gone.sha256, gone.dhash) == (None, kept.sha256, kept.dhash)
    answer = web(cast.panel).get(f"/visits/{photo.visit_id}/photos/{photo.pk}/")
    assert (answer.status_code, "按规定清除" in answer.content.decode()) == (410, True)
    assert purge_photos(now=just_before + timedelta(days=9)) == 0


def test_the_districts_own_policy_of_the_day_says_how_long(cast, photo):
    day = photo.visit.started_at.astimezone(make.SHANGHAI).date()
    VisitPolicy.objects.create(district=cast.xuhui, effective_from=day, photo_kept_days=10)
    VisitPolicy.objects.create(district=cast.xuhui, effective_from=day + timedelta(days=1), photo_kept_days=1)
    VisitPolicy.objects.create(district=cast.pudong, effective_from=day, photo_kept_days=2)
    edge = photo.received_at + timedelta(days=10)
    assert (purge_photos(now=edge - timedelta(seconds=1)), purge_photos(now=edge)) == (0, 1)


# --- without JavaScript ------------------------------------------------------------------------------------------------
def upload(name: str, content: bytes):
    from django.core.files.uploadedfile import SimpleUploadedFile

    return SimpleUploadedFile(name, content, "image/jpeg")


def test_files_of_a_plain_form_are_kept_and_what_cannot_be_is_said(cast, web, visit):
    nasty = "<img src=x onerror=alert(1)>.jpg"
    files = [
        upload(nasty, pictures.jpeg(1)),
        upload(nasty, b"no"),
        upload("big.jpg", b"x" * (20 * 1024 * 1024)),
    ]
    page = web(cast.officer).post(f"/m/visits/{visit.pk}/photos/", {"photos": files}, follow=True)
    text = page.content.decode()
    assert (VisitPhoto.objects.count(), "onerror" in text, "完整的 JPEG" in text, "5兆字节" in text) == (
        1,
        False,
        True,
        True,
    )


def test_a_plain_form_sent_twice_adds_nothing(cast, web, visit):
    for _ in range(2):
        web(cast.officer).post(
            f"/m/visits/{visit.pk}/photos/", {"photos": [upload("a.jpg", pictures.jpeg(1))]}
        )
    assert VisitPhoto.objects.count() == 1


@pytest.mark.parametrize("who", ["officer2", "panel", "bank"])
def test_nobody_adds_a_photo_to_anothers_visit_by_a_form(cast, web, visit, who):
    web(getattr(cast, who)).post(
        f"/m/visits/{visit.pk}/photos/", {"photos": [upload("a.jpg", pictures.jpeg(1))]}
    )
    assert VisitPhoto.objects.count() == 0


def test_the_index_finds_pictures_alike():
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = 'visit_photo_alike'")
        assert "USING gin (dhash_parts)" in cursor.fetchone()[0]
