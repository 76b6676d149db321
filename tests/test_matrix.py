"""Every role at every address: who gets in, who is refused, and who is told that there is nothing.

The story: the officer of a branch of the first bank visited a firm in 徐汇, the panel there recommended it, and it was
pushed to the first bank. Everybody else is a stranger to it. 401 not signed in · 403 not this role's business · 404 not
for this person to know of · 302 to the sign-in page, or after a deed. A deed is sent with an empty body, so 400 and 422
mean that the door was open; each one is undone.
"""

import uuid
from types import SimpleNamespace

import pytest
from django.core.cache import cache
from django.db import transaction
from django.urls import URLPattern, get_resolver, resolve

from accounts.roles import Role
from lending.sla.letters import tokens
from lending.sla.suspending import ask
from tests import factories as make
from tests.lending.story import pushed
from tests.visits.codes.batches import stacks
from tests.visits.presence import pictures
from visits.codes.rules import token_for
from visits.codes.services import issue_code
from visits.intake.reports import report_visit
from visits.intake.rules import ReportSaid
from visits.models import Consent, ConsentSigning, Visit
from visits.presence.services import keep_photo

pytestmark = pytest.mark.django_db

ACTORS = "officer officer2 panel panel_other bank bank_other bankhead city sysadmin secadmin auditor nobody".split()
TABLE = """
GET  /healthz                                       200 200 200 200 200 200 200 200 200 200 200 200
GET  /readyz                                        200 200 200 200 200 200 200 200 200 200 200 200
GET  /metrics                                       200 200 200 200 200 200 200 200 200 200 200 200
GET  /api/v1/schema/                                200 200 200 200 200 200 200 200 200 200 200 200
GET  /api/v1/docs/                                  200 200 200 200 200 200 200 200 200 200 200 200
GET  /api/v1/organisations/                         200 200 200 200 200 200 200 200 200 200 200 401
GET  /api/v1/me/                                    200 200 200 200 200 200 200 200 200 200 200 401
GET  /api/v1/businesses/                            200 200 200 200 200 200 200 200 200 200 200 401
GET  /api/v1/businesses/{firm}/                     200 404 200 404 200 404 200 200 404 404 404 401
GET  /api/v1/codes/{token}/                         200 200 200 404 200 404 200 200 404 404 404 401
GET  /api/v1/consent-notices/current/               200 200 200 200 200 200 200 200 200 200 200 401
GET  /api/v1/visits/                                200 200 200 200 200 200 200 200 200 200 200 401
POST /api/v1/visits/                                400 400 403 403 403 403 403 403 403 403 403 401
GET  /api/v1/visits/{visit}/                        200 404 200 404 404 404 404 200 404 404 404 401
POST /api/v1/visits/{visit}/annul/                  400 404 403 404 404 404 404 403 404 404 404 401
PUT  /api/v1/visits/{visit}/photos/{new}/           422 404 403 404 404 404 404 403 404 404 404 401
GET  /api/v1/cases/                                 200 200 200 200 200 200 200 200 200 200 200 401
GET  /api/v1/cases/{case}/                          200 404 200 404 200 404 200 200 404 404 404 401
POST /api/v1/cases/{case}/credit-lookup/            403 404 409 404 403 404 403 403 404 404 404 401
POST /api/v1/cases/{case}/verification/             403 404 400 404 403 404 403 403 404 404 404 401
POST /api/v1/cases/{case}/district-review/          403 404 400 404 403 404 403 403 404 404 404 401
GET  /api/v1/recommendation-lists/                  200 200 200 200 200 200 200 200 200 200 200 401
POST /api/v1/recommendation-lists/                  403 403 400 400 403 403 403 403 403 403 403 401
GET  /api/v1/recommendation-lists/{list}/           404 404 200 404 200 404 200 200 404 404 404 401
GET  /api/v1/recommendations/                       403 403 200 200 200 200 200 200 403 403 403 401
GET  /api/v1/recommendations/{item}/                404 404 200 404 200 404 200 200 404 404 404 401
POST /api/v1/recommendations/{item}/receipt/        404 404 403 404 200 404 200 403 404 404 404 401
POST /api/v1/recommendations/{item}/contact/        404 404 403 404 400 404 400 403 404 404 404 401
POST /api/v1/recommendations/{item}/decision/       404 404 403 404 400 404 400 403 404 404 404 401
POST /api/v1/recommendations/{item}/confirmation/   404 404 400 404 403 404 403 403 404 404 404 401
POST /api/v1/recommendations/{item}/disbursements/  404 404 403 404 400 404 400 403 404 404 404 401
POST /api/v1/recommendations/{item}/suspension/     404 404 403 404 400 404 400 403 404 404 404 401
POST /api/v1/recommendations/{item}/documents-complete/ 404 404 403 404 200 404 200 403 404 404 404 401
POST /api/v1/suspensions/{pause}/answer/            404 404 400 404 403 404 403 403 404 404 404 401
POST /api/v1/suspensions/{pause}/end/               404 404 400 404 400 404 400 403 404 404 404 401
POST /api/v1/suspensions/{pause}/take-back/         404 404 403 404 201 404 201 403 404 404 404 401
GET  /api/v1/deadlines/{clock}/                     403 403 200 404 200 404 200 200 403 403 403 401
GET  /api/v1/dashboard/funnel/                      403 403 200 200 403 403 403 200 403 403 403 401
GET  /api/v1/dashboard/sla/                         403 403 200 200 403 403 403 200 403 403 403 401
GET  /api/v1/dashboard/banks/                       403 403 200 200 200 200 200 200 403 403 403 401
GET  /                                              302 302 302 302 302 302 302 302 302 302 302 302
GET  /sign-in/                                      200 200 200 200 200 200 200 200 200 200 200 200
POST /sign-out/                                     302 302 302 302 302 302 302 302 302 302 302 302
POST /language/                                      302 302 302 302 302 302 302 302 302 302 302 302
GET  /q/{token}/                                    302 302 200 200 200 200 200 200 200 200 200 200
GET  /q/                                            200 200 200 200 200 200 200 200 200 200 200 200
POST /q/                                            404 404 404 404 404 404 404 404 404 404 404 404
GET  /q/{token}/need/                               403 403 403 403 403 403 403 403 403 403 403 200
POST /q/{token}/need/                               403 403 403 403 403 403 403 403 403 403 403 400
GET  /q/{token}/need/banks/                         403 403 403 403 403 403 403 403 403 403 403 302
POST /q/{token}/need/banks/                         403 403 403 403 403 403 403 403 403 403 403 302
GET  /q/{token}/need/consent/                       403 403 403 403 403 403 403 403 403 403 403 302
POST /q/{token}/need/consent/                       403 403 403 403 403 403 403 403 403 403 403 302
GET  /q/{token}/need/done/                          403 403 403 403 403 403 403 403 403 403 403 302
GET  /q/{token}/quiet/                              403 403 403 403 403 403 403 403 403 403 403 200
POST /q/{token}/quiet/                              403 403 403 403 403 403 403 403 403 403 403 400
GET  /q/{token}/report/                             403 403 403 403 403 403 403 403 403 403 403 200
POST /q/{token}/report/                             403 403 403 403 403 403 403 403 403 403 403 400
GET  /q/{token}/report/{form}/                      403 403 403 403 403 403 403 403 403 403 403 200
GET  /track/{track}/                                200 200 200 200 200 200 200 200 200 200 200 200
POST /track/{track}/withdraw/                       302 302 302 302 302 302 302 302 302 302 302 302
POST /track/{track}/confirm/                        302 302 302 302 302 302 302 302 302 302 302 302
POST /track/{track}/disown/                         400 400 400 400 400 400 400 400 400 400 400 400
POST /track/{track}/complain/                       400 400 400 400 400 400 400 400 400 400 400 400
POST /track/{track}/quiet/                          400 400 400 400 400 400 400 400 400 400 400 400
POST /track/{track}/need/                           302 302 302 302 302 302 302 302 302 302 302 302
POST /track/{track}/consent/                        400 400 400 400 400 400 400 400 400 400 400 400
GET  /go/{case}/                                    302 404 302 404 302 404 302 302 404 404 404 302
GET  /deadlines/{clock}/                            403 403 200 404 200 404 200 200 403 403 403 302
GET  /letters/                                      200 200 200 200 200 200 200 200 200 200 200 302
POST /letters/                                      400 400 400 400 400 400 400 400 400 400 400 302
GET  /letters/unsubscribe/{refusal}/                200 200 200 200 200 200 200 200 200 200 200 200
POST /letters/unsubscribe/{refusal}/                200 200 200 200 200 200 200 200 200 200 200 200
GET  /m/                                            200 200 403 403 403 403 403 403 403 403 403 302
POST /m/near/                                       302 302 403 403 403 403 403 403 403 403 403 302
GET  /sw.js                                         200 200 200 200 200 200 200 200 200 200 200 200
GET  /manifest.webmanifest                          200 200 200 200 200 200 200 200 200 200 200 200
GET  /m/day.json                                    200 200 403 403 403 403 403 403 403 403 403 401
GET  /m/outbox/                                     200 200 403 403 403 403 403 403 403 403 403 302
GET  /m/offline/                                    200 200 403 403 403 403 403 403 403 403 403 302
GET  /m/visit/offline/                              200 200 403 403 403 403 403 403 403 403 403 302
GET  /outbox/import/                                200 200 200 200 403 403 200 403 403 403 403 302
POST /outbox/import/                                400 400 400 400 403 403 400 403 403 403 403 302
GET  /m/scan/                                       200 200 403 403 403 403 403 403 403 403 403 302
GET  /m/visit/code/{token}/                         200 200 403 403 403 403 403 403 403 403 403 302
GET  /m/visit/{firm}/                               200 404 403 403 403 403 403 403 403 403 403 302
GET  /m/visits/                                     200 200 403 403 403 403 403 403 403 403 403 302
GET  /m/visits/{visit}/                             200 404 403 403 403 403 403 403 403 403 403 302
POST /m/visits/{visit}/annul/                       400 404 403 404 404 404 404 403 404 404 404 302
POST /m/visits/{visit}/photos/                      302 404 403 404 404 404 404 403 404 404 404 302
POST /m/visits/{visit}/do-not-disturb/              400 404 403 403 403 403 403 403 403 403 403 302
GET  /visits/{visit}/photos/{photo}/                200 404 200 404 404 404 404 200 404 404 404 302
GET  /consents/{consent}/signature/                 404 404 200 404 404 404 404 200 404 404 404 302
GET  /m/me/                                         200 200 403 403 403 403 403 403 403 403 403 302
POST /m/me/code/                                    302 302 403 403 403 403 403 403 403 403 403 302
GET  /m/returned/                                   200 200 403 403 403 403 403 403 403 403 403 302
GET  /m/cases/{case}/                               200 404 403 403 403 403 403 403 403 403 403 302
POST /m/cases/{case}/annul/                         422 404 403 403 403 403 403 403 403 403 403 302
GET  /m/cases/{case}/share/                         200 404 403 403 403 403 403 403 403 403 403 302
GET  /codes/                                        403 403 200 200 403 403 403 200 403 403 403 302
GET  /codes/print/                                  403 403 200 200 403 403 403 200 403 403 403 302
POST /codes/print/                                  403 403 302 302 403 403 403 302 403 403 403 302
GET  /codes/renew/                                  403 403 200 200 403 403 403 200 403 403 403 302
POST /codes/renew/                                  403 403 400 400 403 403 403 400 403 403 403 302
GET  /codes/revoke/                                 403 403 200 200 403 403 403 200 403 403 403 302
POST /codes/revoke/                                 403 403 400 400 403 403 403 400 403 403 403 302
GET  /codes/batches/                                403 403 200 200 403 403 403 200 403 403 403 302
POST /codes/batches/                                403 403 400 400 403 403 403 400 403 403 403 302
GET  /codes/batches/recent/                         403 403 200 200 403 403 403 200 403 403 403 302
GET  /codes/batches/{batch}/                        404 404 200 404 404 404 404 200 404 404 404 302
GET  /codes/batches/{batch}/progress/               404 404 200 404 404 404 404 200 404 404 404 302
GET  /codes/batches/{batch}/file/                   404 404 200 404 404 404 404 200 404 404 404 302
POST /codes/batches/{batch}/cancel/                 404 404 409 404 404 404 404 409 404 404 404 302
POST /codes/batches/{batch}/resume/                 404 404 409 404 404 404 404 409 404 404 404 302
POST /codes/{code}/reissue/                         404 404 302 404 404 404 404 302 404 404 404 302
POST /codes/{code}/revoke/                          404 404 302 404 404 404 404 302 404 404 404 302
GET  /district/                                     403 403 200 200 403 403 403 302 403 403 403 302
GET  /district/figures/granted/                     403 403 200 200 403 403 403 404 403 403 403 302
GET  /district/cases/                               403 403 200 200 403 403 403 200 403 403 403 302
GET  /district/cases/{case}/                        403 403 200 404 403 403 403 200 403 403 403 302
POST /district/cases/{case}/review/                 403 403 422 404 403 403 403 403 403 403 403 302
POST /district/cases/{case}/lookup/                 403 403 302 404 403 403 403 403 403 403 403 302
POST /district/cases/{case}/verify/                 403 403 302 404 403 403 403 403 403 403 403 302
POST /district/cases/{case}/resume/                 403 403 302 404 403 403 403 403 403 403 403 302
POST /district/cases/{case}/reopen/                 403 403 302 404 403 403 403 403 403 403 403 302
POST /district/cases/{case}/repair/                 403 403 302 404 403 403 403 403 403 403 403 302
POST /district/cases/{case}/close/                  403 403 302 404 403 403 403 403 403 403 403 302
POST /district/cases/{case}/report/1/               403 403 302 404 403 403 403 403 403 403 403 302
GET  /district/lists/                               403 403 200 200 403 403 403 200 403 403 403 302
POST /district/lists/issue/                         403 403 400 400 403 403 403 403 403 403 403 302
GET  /district/lists/{list}/                        403 403 200 404 403 403 403 200 403 403 403 302
GET  /district/suspensions/                         403 403 200 200 403 403 403 200 403 403 403 302
POST /district/suspensions/{pause}/answer/          404 404 302 404 403 404 403 403 404 404 404 302
POST /district/suspensions/{pause}/end/             404 404 302 404 403 404 403 403 404 404 404 302
GET  /district/visits/                              403 403 200 200 200 200 200 200 403 403 403 302
GET  /district/visits/duplicates/                   403 403 200 200 200 200 200 200 403 403 403 302
GET  /district/reports/                             403 403 200 200 403 403 403 200 403 403 403 302
POST /district/reports/{report}/answer/             403 403 400 404 403 403 403 400 403 403 403 302
GET  /city/                                         403 403 403 403 403 403 403 200 403 403 403 302
GET  /city/figures/granted/                         403 403 403 403 403 403 403 200 403 403 403 302
GET  /district/what-if/                             403 403 200 200 403 403 403 302 403 403 403 302
GET  /district/what-if/is_late/                     403 403 200 200 403 403 403 404 403 403 403 302
GET  /city/what-if/                                 403 403 403 403 403 403 403 200 403 403 403 302
GET  /city/what-if/is_late/                         403 403 403 403 403 403 403 200 403 403 403 302
"""


def rows() -> list[tuple[str, str, list[int]]]:
    found = []
    for line in TABLE.strip().splitlines():
        method, path, *statuses = line.split()
        found.append((method, path, [int(status) for status in statuses]))
    return found


@pytest.fixture
def places(cast) -> SimpleNamespace:
    """What stands in for the placeholders of the table."""
    firm = make.business(at=cast.xuhui)
    item = pushed(cast, of=firm, now=make.just_now())
    code = issue_code(subject=firm, by=cast.panel, now=make.just_now())
    batch = stacks.work(stacks.start(cast.panel, "officers=1"))
    make.user("officer2", Role.FIELD_OFFICER, make.branch(cast.other_bank, cast.pudong))
    told = ReportSaid(id=uuid.uuid4(), text="收费")
    report = report_visit(said=told, code=code, now=make.just_now())
    visit = Visit.objects.get(business=firm)
    photo = keep_photo(
        visit_id=visit.pk, photo_id=uuid.uuid4(), sent=pictures.jpeg(), by=visit.officer, now=make.just_now()
    ).photo
    consent = Consent.objects.filter(business=firm).first()
    ConsentSigning.objects.filter(pk=consent.signing_id).update(signature_png=b"\x89PNG")
    pause = ask(deadline=item.deadline, papers="报表", reason="缺", days=1, by=cast.bank, now=make.just_now())
    return SimpleNamespace(
        firm=firm.credit_code, case=item.case.number, track=item.case.track_token, item=item.pk, clock=item.deadline_id, pause=pause.pk,
        list=item.list.number,
        visit=visit.pk, token=token_for(code.secret), code=code.pk, batch=batch.pk,
        report=report.pk, form=report.form_id,
        photo=photo.pk, new=uuid.uuid4(), consent=consent.pk, refusal=tokens.make(cast.bank.pk, ["nag"]),
    )  # fmt: skip


def statuses(method: str, path: str, cast, web) -> list[int]:
    cache.clear()  # how often one address may ask is not the question here
    found = []
    for actor in ACTORS:
        client = web(getattr(cast, actor, None))
        with transaction.atomic():
            send = getattr(client, method.lower())
            found.append(
                send(path, **({} if method == "GET" else {"content_type": "application/json"})).status_code
            )
            transaction.set_rollback(True)
    return found


def test_every_role_at_every_address(cast, places, web):
    cast.officer2.organisation = make.branch(cast.other_bank, cast.pudong)
    cast.officer2.save()
    found = {
        (method, path): statuses(method, path.format(**vars(places)), cast, web) for method, path, _ in rows()
    }
    assert found == {(method, path): expected for method, path, expected in rows()}


def test_every_address_is_in_the_table(places):
    told = {resolve(path.format(**vars(places))).route for _method, path, _ in rows()}
    assert sorted(addresses() - told) == []


def addresses() -> set[str]:
    """Every route but the admin's, which tests/accounts/test_admin_matrix.py walks."""
    found = set()

    def walk(patterns, prefix: str) -> None:
        for one in patterns:
            route = prefix + str(one.pattern)
            if isinstance(one, URLPattern):
                found.add(route)
            elif not route.startswith("admin/"):
                walk(one.url_patterns, route)

    walk(get_resolver().url_patterns, "")
    return found
