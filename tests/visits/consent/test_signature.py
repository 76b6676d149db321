"""The signature that was drawn: who may look at it, and that nothing keeps a copy."""

import pytest

from lending.models import FinancingCase
from tests import factories as make
from tests.visits.field.test_record import body_now
from visits.models import Consent, ConsentSigning

pytestmark = pytest.mark.django_db

DRAWN = b"\x89PNG\r\n\x1a\n" + b"strokes"


@pytest.fixture
def case(cast, api) -> FinancingCase:
    body = body_now(make.business("测试米店"), banks=(cast.first_bank,))
    assert api(cast.officer).post("/api/v1/visits/", body).status_code == 201
    return FinancingCase.objects.get()


def test_the_team_sees_the_drawn_signature_on_the_page_of_the_case_and_opens_it(cast, web, case):
    ConsentSigning.objects.update(signature_png=DRAWN)
    consent = Consent.objects.first()
    address = f"/consents/{consent.pk}/signature/"
    page = web(cast.panel).get(f"/district/cases/{case.number}/").content.decode()
    answer = web(cast.panel).get(address)
    assert (f'src="{address}"' in page, answer.content, answer["Content-Type"]) == (True, DRAWN, "image/png")
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.parametrize("who", ["panel_other", "bank", "officer", "auditor", "sysadmin"])
def test_nobody_else_opens_it(cast, web, case, who):
    ConsentSigning.objects.update(signature_png=DRAWN)
    answer = web(getattr(cast, who)).get(f"/consents/{Consent.objects.first().pk}/signature/")
    assert answer.status_code == 404


def test_where_only_a_name_was_given_the_page_says_so(cast, web, case):
    ConsentSigning.objects.update(signature_png=None)
    consent = Consent.objects.first()
    page = web(cast.panel).get(f"/district/cases/{case.number}/").content.decode()
    answer = web(cast.panel).get(f"/consents/{consent.pk}/signature/")
    assert ("没有手写签名" in page, "/signature/" in page, answer.status_code) == (True, False, 404)
