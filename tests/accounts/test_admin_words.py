"""No English on a Chinese screen: what columns are called, how rows name themselves, what a deadline's page links to."""

import re

import pytest
from django.contrib import admin
from django.contrib.admin.utils import label_for_field

from accounts.admin_scope import ScopedAdmin
from lending.models import Deadline
from lending.sla import admin as sla_admin
from lending.sla.models import Alert
from tests.lending import story

OURS = [(model, its) for model, its in admin.site._registry.items() if isinstance(its, ScopedAdmin)]
SAME_IN_BOTH = {"ID"}


def names_shown(its: ScopedAdmin) -> set[str]:
    return {*its.list_display, *(its.fields or ()), *its.readonly_fields} - {"action_checkbox"}


@pytest.mark.parametrize(("model", "its"), OURS, ids=[model.__name__ for model, _its in OURS])
def test_every_label_of_the_admin_is_chinese(model, its):
    labels = {name: str(label_for_field(name, model, its)) for name in names_shown(its) if name != "__str__"}
    english = {
        name: label
        for name, label in labels.items()
        if not re.search(r"[\u4e00-\u9fff]", label) and label not in SAME_IN_BOTH
    }
    assert english == {}


def test_every_state_of_a_letter_and_of_a_clock_has_a_colour():
    assert set(sla_admin.STATE_COLOURS) == set(Alert.State)
    stopped = {Deadline.State.MET, Deadline.State.MET_LATE, Deadline.State.CANCELLED}
    assert set(sla_admin.CHIP_COLOURS) == stopped | {"running", "due_soon", "today", "overdue", "paused"}


@pytest.mark.django_db
@pytest.mark.parametrize(("who", "links"), [("bank", 0), ("sysadmin", None), ("city", 1)])
def test_a_relation_is_a_link_only_for_who_may_open_it(cast, web, who, links):
    clock = story.pushed(cast).deadline
    answer = web(getattr(cast, who)).get(f"/admin/lending/deadline/{clock.pk}/change/")
    html = answer.content.decode()
    page = f"/admin/accounts/organisation/{clock.bound_id}/change/"
    opens = web(getattr(cast, who)).get(page).status_code == 200
    assert (page in html) == (opens and links is not None)
