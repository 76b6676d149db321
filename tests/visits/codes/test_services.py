"""Issuing, renewing, revoking; scans that lead nowhere are kept."""

from datetime import timedelta

import pytest

from accounts.errors import NotAllowed, NotFound
from accounts.roles import Role
from tests import factories as make
from tests.visits.field.test_repeat import at_once
from visits.codes import bulk, rules, services
from visits.errors import CodeExpired, CodeForged, CodeMalformed, CodeNotLive, CodeRevoked, CodeUnknown
from visits.models import Code, RefusedScan

NOW = make.NOW


@pytest.mark.django_db
def test_a_second_issue_gives_the_code_there_is(cast):
    shop = make.business()
    first = services.issue_code(subject=shop, by=cast.panel, now=NOW)
    again = services.issue_code(subject=shop, by=cast.panel2, now=NOW + timedelta(days=1))
    assert (again, Code.objects.count(), first.version) == (first, 1, 1)


@pytest.mark.django_db
def test_a_code_is_issued_for_a_business_an_officer_and_a_grid(cast):
    subjects = (make.business(), cast.officer, make.grid(cast.xuhui))
    kinds = [services.issue_code(subject=subject, by=cast.panel, now=NOW).kind for subject in subjects]
    assert kinds == ["business", "officer", "grid"]


@pytest.mark.django_db
def test_renewing_revokes_the_old_code_and_counts_the_version_up(cast):
    old = services.issue_code(subject=make.business(), by=cast.panel, now=NOW)
    new = services.reissue(code=old, by=cast.panel2, now=NOW + timedelta(hours=1), reason="门牌污损")
    old.refresh_from_db()
    assert (old.revoked_by, old.revoked_reason, old.revoked_at) == (
        cast.panel2,
        "门牌污损",
        NOW + timedelta(hours=1),
    )
    assert (new.version, new.revoked_at, new.secret != old.secret) == (2, None, True)


@pytest.mark.django_db
def test_an_expired_code_is_replaced_when_a_new_one_is_asked_for(cast):
    shop = make.business()
    services.issue_code(subject=shop, by=cast.panel, now=NOW)
    later = NOW + rules.VALID_FOR["business"]
    new = services.issue_code(subject=shop, by=cast.panel, now=later)
    assert (new.version, new.expires_at, Code.objects.filter(revoked_at=None).count()) == (
        2, later + rules.VALID_FOR["business"], 1,
    )  # fmt: skip


@pytest.mark.django_db
def test_what_is_revoked_cannot_be_revoked_or_renewed_again(cast):
    code = services.issue_code(subject=make.business(), by=cast.panel, now=NOW)
    services.revoke(code=code, by=cast.panel, now=NOW, reason="遗失")
    for deed in (services.revoke, services.reissue):
        with pytest.raises(CodeNotLive):
            deed(code=code, by=cast.panel, now=NOW, reason="再次")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("who", "error"),
    [
        ("panel_other", NotFound),
        ("officer", NotAllowed),
        ("bank", NotFound),
        ("auditor", NotFound),
        ("sysadmin", NotFound),
    ],
)
def test_who_does_not_look_after_a_business_issues_no_code_for_it(cast, who, error):
    with pytest.raises(error):
        services.issue_code(subject=make.business(), by=getattr(cast, who), now=NOW)
    assert Code.objects.count() == 0


@pytest.mark.django_db
def test_another_district_neither_renews_nor_revokes(cast):
    code = services.issue_code(subject=make.business(), by=cast.panel, now=NOW)
    for deed in (services.revoke, services.reissue):
        with pytest.raises(NotFound):
            deed(code=code, by=cast.panel_other, now=NOW, reason="x")


@pytest.mark.django_db
def test_officers_renew_their_own_code_and_nobody_elses(cast):
    own = services.issue_code(subject=cast.officer, by=cast.officer, now=NOW)
    assert services.reissue(code=own, by=cast.officer, now=NOW, reason="被拍照").version == 2
    with pytest.raises((NotFound, NotAllowed)):
        services.reissue(code=Code.objects.get(version=2), by=cast.officer2, now=NOW, reason="x")


@pytest.mark.django_db
def test_a_team_looks_after_officers_of_its_branches_and_subdistricts_only(cast):
    street = make.Organisation.objects.create(
        code="T-STREET", name="测试街道", kind="subdistrict", parent=cast.xuhui
    )
    walker = make.user("walker", Role.FIELD_OFFICER, street)
    far = make.user("far", Role.FIELD_OFFICER, make.branch(cast.first_bank, cast.pudong))
    assert services.issue_code(subject=walker, by=cast.panel, now=NOW).officer == walker
    with pytest.raises(NotFound):
        services.issue_code(subject=far, by=cast.panel, now=NOW)


@pytest.mark.django_db
def test_missing_codes_are_issued_in_one_go_and_only_where_missing(cast):
    shops = [make.business() for _ in range(3)]
    far = make.business(at=cast.pudong)
    old = services.issue_code(subject=shops[0], by=cast.panel, now=NOW)
    gone = services.issue_code(subject=shops[1], by=cast.panel, now=NOW)
    services.revoke(code=gone, by=cast.panel, now=NOW, reason="遗失")
    made = bulk.issue(kind="business", subjects=[shop.pk for shop in [*shops, far]], by=cast.panel, now=NOW)
    live = Code.objects.filter(revoked_at=None).order_by("business_id").values_list("business_id", "version")
    assert (made, list(live)) == (2, [(shops[0].pk, 1), (shops[1].pk, 2), (shops[2].pk, 1)])
    assert old.pk in Code.objects.values_list("pk", flat=True)


@pytest.mark.django_db
def test_a_scan_gives_the_code(cast):
    code = services.issue_code(subject=make.business(), by=cast.panel, now=NOW)
    assert services.scan(text=rules.url_for(code.secret), by=None, now=NOW) == code
    assert RefusedScan.objects.count() == 0


@pytest.mark.django_db
def test_every_refused_scan_is_kept_with_its_reason(cast):
    live = services.issue_code(subject=make.business(), by=cast.panel, now=NOW)
    token = rules.token_for(live.secret)
    forged = token[:-1] + ("A" if token[-1] != "A" else "B")
    revoked = services.issue_code(subject=make.business(), by=cast.panel, now=NOW)
    services.revoke(code=revoked, by=cast.panel, now=NOW, reason="遗失")
    scans = [
        ("https://pay.example/x\x00y", CodeMalformed, NOW), (forged, CodeForged, NOW),
        (rules.token_for(rules.new_secret()), CodeUnknown, NOW), (rules.token_for(revoked.secret), CodeRevoked, NOW),
        (token, CodeExpired, live.expires_at),
    ]  # fmt: skip
    for text, error, now in scans:
        with pytest.raises(error):
            services.scan(text=text, by=cast.officer, now=now)
    kept = RefusedScan.objects.order_by("pk").values_list("reason", "code", "scanned_by")
    assert list(kept) == [
        ("malformed", None, cast.officer.pk), ("forged", None, cast.officer.pk), ("unknown", None, cast.officer.pk),
        ("revoked", revoked.pk, cast.officer.pk), ("expired", live.pk, cast.officer.pk),
    ]  # fmt: skip
    assert RefusedScan.objects.order_by("pk")[0].token == "https://pay.example/xy"


@pytest.mark.django_db
def test_a_code_holds_until_the_second_it_expires(cast):
    code = services.issue_code(subject=make.business(), by=cast.panel, now=NOW)
    last = code.expires_at - timedelta(microseconds=1)
    assert services.scan(text=rules.token_for(code.secret), by=None, now=last) == code


@pytest.mark.django_db
def test_the_code_of_somebody_who_left_is_refused(cast):
    code = services.issue_code(subject=cast.officer, by=cast.panel, now=NOW)
    cast.officer.is_active = False
    cast.officer.save()
    with pytest.raises(CodeRevoked):
        services.scan(text=rules.token_for(code.secret), by=None, now=NOW)


@pytest.mark.django_db
def test_a_forged_token_asks_the_database_for_no_code(cast, django_assert_num_queries):
    with django_assert_num_queries(1) as asked, pytest.raises(CodeForged):
        services.scan(text="0000000000000000", by=None, now=NOW)
    assert asked.captured_queries[0]["sql"].startswith('INSERT INTO "visits_refusedscan"')


@pytest.mark.django_db(transaction=True)
def test_two_who_renew_at_once_leave_one_live_code(cast):
    code = services.issue_code(subject=make.business(), by=cast.panel, now=NOW)

    def renew(by):
        try:
            return services.reissue(code=code, by=by, now=NOW, reason="同时").version
        except CodeNotLive:
            return "refused"

    assert sorted(map(str, at_once(lambda: renew(cast.panel), lambda: renew(cast.panel2)))) == [
        "2",
        "refused",
    ]
    assert Code.objects.filter(revoked_at=None).count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_who_issue_at_once_get_the_same_code(cast):
    shop = make.business()
    issue = lambda: services.issue_code(subject=shop, by=cast.panel, now=NOW).pk  # noqa: E731
    assert len(set(at_once(issue, issue, issue, issue))) == 1
    assert Code.objects.count() == 1
