"""Chapter 1: a code is printed, scanned at the door, and the visit with its need and consent arrives."""

from types import SimpleNamespace

from tests.factories import credit_code, visit_body

FIRM = SimpleNamespace(credit_code=credit_code(9001), name="上海青禾示范商贸1号有限公司")
BANK = SimpleNamespace(code="DEMO-B1")


def test_1_the_panel_prints_a_code_for_the_firm(people, story):
    panel, sheet = people("panel"), f"/codes/print/?business={FIRM.credit_code}"
    assert "还没有码" in panel.page(sheet)
    panel.submit(sheet)
    assert FIRM.name in panel.page(sheet)
    story.qr_url = people("officer").read(f"businesses/{FIRM.credit_code}/")["qr_url"]
    story.token = story.qr_url.rstrip("/").rsplit("/", 1)[1]


def test_2_the_owner_who_scans_it_learns_that_the_service_is_free(people, story):
    page = people().page(f"/q/{story.token}/")
    assert "不收" in page


def test_3_the_officer_who_scans_it_learns_which_firm_it_is(people, story):
    assert people("officer").read(f"codes/{story.token}/")["business"]["credit_code"] == FIRM.credit_code


def test_4_the_visit_with_need_and_consent_opens_a_case(people, story):
    body = visit_body(FIRM, banks=(BANK,), code=story.token)
    del body["credit_code"]
    answer = people("officer").call("visits/", body, status=201)
    assert (answer["status"], answer["missing"]) == ("ok", [])
    story.visit, story.number = body, answer["case"]
    assert people("officer").read(f"cases/{story.number}/")["stage"] == "authorised"


def test_5_the_same_visit_again_is_the_same_answer(people, story):
    again = people("officer").call("visits/", story.visit)
    assert (again["visit"], again["case"]) == (story.visit["id"], story.number)


def test_6_strangers_do_not_know_that_the_case_exists(people, story):
    for stranger in ("panel-other", "bank", "bank-other"):
        assert people(stranger).read(f"cases/{story.number}/", status=404)["code"] == "not_found"
    assert people().read(f"cases/{story.number}/", status=401)["code"] == "not_signed_in"
