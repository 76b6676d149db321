"""What the panel reads of a visit on the page of a case."""

import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from lending.models import FinancingCase
from tests import factories as make
from tests.visits.field.test_record import body_now
from tests.visits.presence import pictures
from visits.models import Visit, VisitPhoto
from visits.presence.services import keep_photo, purge_photos

pytestmark = pytest.mark.django_db


@pytest.fixture
def case(cast, api) -> FinancingCase:
    shop = make.business("测试米店", lat="31.18830", lon="121.43650")
    assert (
        api(cast.officer).post("/api/v1/visits/", body_now(shop, banks=(cast.first_bank,))).status_code == 201
    )
    return FinancingCase.objects.get()


def page(client, case) -> str:
    return client.get(f"/district/cases/{case.number}/").content.decode()


def test_the_panel_reads_the_score_its_reasons_and_sees_the_photos(cast, web, case):
    visit = Visit.objects.get()
    photo = keep_photo(
        visit_id=visit.pk, photo_id=uuid.uuid4(), sent=pictures.jpeg(), by=cast.officer, now=timezone.now()
    ).photo
    text = page(web(cast.panel), case)
    at = f"/visits/{visit.pk}/photos/{photo.pk}/"
    told = (
        "<strong>70</strong>",
        "依据充分",
        "没有扫门牌码",
        "定位距登记位置约0米",
        "有1张照片",
        f'href="{at}"',
        f'src="{at}?small=1"',
    )
    assert [words for words in told if words not in text] == []


def test_a_doubt_is_told_and_refuses_nothing(cast, web, api, case):
    Visit.objects.update(lat="31.6883", clock_skew_s=7200)
    text = page(web(cast.panel), case)
    assert [
        w for w in ("定位距登记位置约55.6公里", "手机时钟慢了2小时", "依据不足,请核实") if w not in text
    ] == []
    assert api(cast.panel).post(f"/api/v1/cases/{case.number}/credit-lookup/", {}).status_code != 403


def test_a_photo_that_was_let_go_says_so(cast, web, case):
    visit = Visit.objects.get()
    keep_photo(
        visit_id=visit.pk, photo_id=uuid.uuid4(), sent=pictures.jpeg(), by=cast.officer, now=timezone.now()
    )
    purge_photos(now=timezone.now() + timedelta(days=366))
    text = page(web(cast.panel), case)
    assert ("照片已过保存期" in text, "有1张照片" in text, "/photos/" in text) == (True, True, False)


def test_an_annulled_visit_is_not_scored(cast, web, case):
    Visit.objects.update(annulled_at=timezone.now(), annulled_by=cast.officer, annulled_reason="错")
    assert "presence__score" not in page(web(cast.panel), case)


def test_the_page_asks_as_much_for_three_photos_as_for_one(cast, web, case):
    visit, counts = Visit.objects.get(), []
    for seed in range(3):
        keep_photo(
            visit_id=visit.pk,
            photo_id=uuid.uuid4(),
            sent=pictures.jpeg(seed),
            by=cast.officer,
            now=timezone.now(),
        )
        client = web(cast.panel)
        with CaptureQueriesContext(connection) as asked:
            page(client, case)
        counts.append(len(asked))
    assert (len(set(counts)), VisitPhoto.objects.count()) == (1, 3)
