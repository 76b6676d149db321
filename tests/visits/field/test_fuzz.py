"""Hundreds of things a phone, a script or a mischief-maker may send: always an answer in the one shape, never a fault."""

import copy
import json
import random

import pytest

from tests import factories as make
from tests.visits.field.test_bad_input import URL
from visits.models import Visit

pytestmark = pytest.mark.django_db
ODD = [
    None, True, False, 0, -1, 1.5, 1e308, 10**30, "", " ", "\x00", "\ud800", "😀", "need", "x" * 5000, "-", "1E+99", "NaN", "null",
    "2026-02-30T00:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2026-11-20", [], {}, [None], [[]], [{}], {"": ""},
    {"lat": None}, ["credit_lookup"], ["DEMO-B1", None], [1, "1", 1.0], {"a": {"b": {"c": []}}}, "🧧" * 100, "'; --", "../../etc",
]  # fmt: skip


def paths(value, above=()) -> list[tuple]:
    """Every place in the body, deepest too."""
    found = [above] if above else []
    if isinstance(value, dict):
        for key, inner in value.items():
            found += paths(inner, (*above, key))
    return found


def mutate(body: dict, chance: random.Random) -> object:
    mutant = copy.deepcopy(body)
    for _ in range(chance.choice([1, 1, 1, 2, 4])):
        *above, last = chance.choice(paths(mutant) or [("id",)])
        at = mutant
        for key in above:
            at = at[key]
        match chance.randrange(4):
            case 0:
                del at[last]
            case 1:
                at[chance.choice(["extra", "\x00", "__class__", last])] = chance.choice(ODD)
            case _:
                at[last] = chance.choice(ODD)
    return mutant


@pytest.mark.parametrize("seed", range(4))
def test_a_mutated_visit_is_recorded_or_refused_and_never_a_fault(cast, api, seed):
    chance, client, shop = random.Random(seed), api(cast.officer), make.business()
    client.raise_request_exception = False
    wrong = []
    for _ in range(120):
        sent = json.dumps(mutate(make.visit_body(shop, banks=(cast.first_bank,)), chance))
        answer = client.post(URL, sent, content_type="application/json")
        said = answer.json() if answer["Content-Type"] == "application/json" else {}
        is_kept = answer.status_code in (200, 201) and said["status"] in ("ok", "incomplete")
        is_refused = (
            400 <= answer.status_code < 500
            and said.get("status") == "error"
            and said["code"] == said["reason"]
        )
        if not (is_kept or is_refused):
            wrong.append((answer.status_code, sent[:300]))
    assert wrong == []
    assert (
        Visit.objects.filter(officer=cast.officer).count() > 0
    )  # some mutants are harmless: the test reaches the end


@pytest.mark.parametrize("seed", range(2))
def test_a_mutated_form_is_recorded_or_marked_and_never_a_fault(cast, web, seed):
    chance, client, shop = random.Random(seed), web(cast.officer), make.business()
    client.raise_request_exception = False
    url = f"/m/visit/{shop.credit_code}/"
    form = client.get(url).context["form"]
    names = list(form.fields)
    texts = [
        odd for odd in ODD if isinstance(odd, str) and odd != "\ud800"
    ]  # a browser cannot send half a character
    statuses = set()
    for _ in range(60):
        fresh = client.get(url).context["form"]
        sent = {name: fresh[name].value() or "" for name in ("id", "started_at", "notice_version", "mode")}
        sent |= {"outcome": "need", "amount_wan": "5", "purpose": "orders"}
        for name in chance.sample(names, chance.randint(1, 4)):
            sent[name] = chance.choice(texts)
        statuses.add(client.post(url, sent).status_code)
    assert statuses <= {302, 400, 409} and 302 in statuses
