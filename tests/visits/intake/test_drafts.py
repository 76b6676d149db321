"""What is kept of a form that an owner has begun, between its steps."""

import pytest
from django.contrib.sessions.models import Session

from tests.visits.intake.test_declare_pages import NEED, OWN, at_the_door, token  # noqa: F401  fixtures

pytestmark = pytest.mark.django_db


def test_only_the_fields_of_the_form_are_kept_and_no_more_of_each_than_it_may_hold(web, token):  # noqa: F811
    phone, more = web(), {f"{n}" + "x" * 400: "1" for n in range(50)} | {"csrfmiddlewaretoken": "x"}
    wide = NEED["purpose_text"] + " " * 5_000
    assert phone.post(f"/q/{token}/need/", NEED | more | {"purpose_text": wide}).status_code == 302
    assert phone.post(f"/q/{token}/need/banks/", OWN | more).status_code == 302
    (draft,) = Session.objects.get(pk=phone.session.session_key).get_decoded()["declare"].values()
    assert (draft["need"], draft["banks"]) == (NEED | {"purpose_text": wide[:400]}, OWN)
