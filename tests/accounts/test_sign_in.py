"""Signing in, and the way to where one works."""

import pytest

from accounts.roles import HOME
from tests import factories as make

pytestmark = pytest.mark.django_db


def test_everyone_is_sent_to_where_they_work(cast, web):
    for person in vars(cast).values():
        if hasattr(person, "role"):
            assert web(person).get("/").url == HOME[person.role]


def test_nobody_is_sent_to_sign_in(web):
    assert web().get("/").url == "/sign-in/"


def test_the_right_password_opens_and_the_wrong_one_says_so(cast, web):
    good = web().post("/sign-in/", {"username": "officer", "password": make.PASSWORD})
    bad = web().post("/sign-in/", {"username": "officer", "password": "wrong"})
    assert (good.status_code, good.url, bad.status_code) == (302, "/", 200)
    assert "用户名" in bad.content.decode()


@pytest.mark.parametrize("name", ["a\x00b", "x" * 100_000, ""])
def test_a_strange_user_name_is_a_sentence_not_a_fault(cast, web, name):
    assert web().post("/sign-in/", {"username": name, "password": "x"}).status_code == 200


def test_the_sixth_wrong_password_is_locked_out_and_another_person_is_not(cast, web):
    for _ in range(5):
        web().post("/sign-in/", {"username": "officer", "password": "wrong"})
    locked = web().post("/sign-in/", {"username": "officer", "password": make.PASSWORD})
    other = web().post("/sign-in/", {"username": "panel", "password": make.PASSWORD})
    assert (locked.status_code, other.status_code) == (429, 302)


def test_the_way_back_never_leaves_the_site(cast, web):
    answer = web().post("/sign-in/?next=//evil.invalid/", {"username": "officer", "password": make.PASSWORD})
    assert answer.url == "/"


def test_signing_out_takes_a_post(cast, web):
    client = web(cast.officer)
    assert (client.get("/sign-out/").status_code, client.post("/sign-out/").status_code) == (405, 302)
