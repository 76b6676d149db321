"""Every role at every list of the admin: L may open the list, A may add, - finds nothing there."""

import pytest
from django.contrib import admin
from django.urls import reverse

pytestmark = pytest.mark.django_db

STAFF = ("bank", "bankhead", "city", "sysadmin", "secadmin", "auditor")
TABLE = """
accounts.Organisation                    - - L LA - L
accounts.User                            - L - LA L L
admin.LogEntry                           - - - - - L
axes.AccessAttempt                       - - - - L L
axes.AccessLog                           - - - - L L
lending.Alert                            L L L - - L
lending.CalendarDay                      L L LA - - L
lending.CalendarYear                     L L L - - L
lending.CriterionGuide                   - - LA - - L
lending.Deadline                         L L L - - L
lending.DeadlinePolicy                   L L LA - - L
lending.DeclineReason                    L L LA - - L
lending.DeliveryReport                   - - L - - L
lending.Event                            - - L - - L
lending.FinancingCase                    - - L - - -
lending.Recommendation                   L L L - - -
lending.Stall                            - - L L - L
lending.Sweep                            - - L L - L
visits.Assignment                        - - LA - - -
visits.Business                          - - L - - -
visits.BusinessList                      - - LA - - -
visits.Code                              - - L - - -
visits.Consent                           - - L - - -
visits.ConsentNotice                     - - L - - L
visits.DoNotDisturb                      - - L - - -
visits.Grid                              - - LA - - -
visits.ImportRejection                   - - L - - -
visits.ImportRun                         - - LA - - -
visits.ListMembership                    - - L - - -
visits.OwnerReport                       - - L - - L
visits.RefusedScan                       - - L - - L
visits.Visit                             - - L - - -
visits.VisitPolicy                       - - LA - - L
"""


def rights(model, cast, web) -> str:
    """One mark per person of STAFF."""
    found = []
    where = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    for who in STAFF:
        client = web(getattr(cast, who))
        listed = client.get(reverse(f"{where}_changelist")).status_code
        added = client.get(reverse(f"{where}_add")).status_code
        assert {listed, added} <= {200, 403, 404}, (model, who, listed, added)
        found.append(("L" if listed == 200 else "-") + ("A" if added == 200 else ""))
    return " ".join(found)


def test_every_role_at_every_list_of_the_admin(cast, web):
    told = dict(line.split(maxsplit=1) for line in TABLE.strip().splitlines())
    found = {model._meta.label: rights(model, cast, web) for model in admin.site._registry}
    assert found == {label: " ".join(marks.split()) for label, marks in told.items()}


@pytest.mark.parametrize("who", ["officer", "panel", "panel_other"])
def test_whoever_does_not_work_in_the_admin_is_kept_out(cast, web, who):
    assert web(getattr(cast, who)).get("/admin/").status_code == 403


def test_nobody_is_led_to_the_product_s_own_sign_in_page(web):
    assert web().get("/admin/").url.startswith("/sign-in/")
