"""Chinese for everybody who did not choose English on this device, and a switch that leads back to where one was."""

import pytest
from django.conf import settings
from django.test import Client
from django.utils import translation

from tests.lending.story import visited

pytestmark = pytest.mark.django_db
ENGLISH_PHONE = {"HTTP_ACCEPT_LANGUAGE": "en-US,en;q=0.9"}


def chose(client: Client, language: str) -> Client:
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    return client


def test_a_phone_that_says_english_is_answered_in_chinese(web):
    answer = web().get("/sign-in/", **ENGLISH_PHONE)
    html = answer.content.decode()
    assert ('<html lang="zh-hans">' in html, "登录" in html, answer["Content-Language"]) == (
        True,
        True,
        "zh-hans",
    )


def test_who_chose_english_reads_english_whatever_the_phone_says(web):
    answer = chose(web(), "en").get("/sign-in/", HTTP_ACCEPT_LANGUAGE="zh-CN")
    html = answer.content.decode()
    assert ('<html lang="en">' in html, "Sign in" in html, answer["Content-Language"]) == (True, True, "en")


def test_a_shared_cache_keeps_the_two_apart(web):
    assert "Cookie" in web().get("/sign-in/")["Vary"]


@pytest.mark.parametrize("cookie", ["fr", "zh", "EN", "../../etc", "", "en; x"])
def test_a_language_we_do_not_speak_is_chinese(web, cookie):
    assert chose(web(), cookie).get("/sign-in/")["Content-Language"] == "zh-hans"


def test_the_choice_is_kept_for_a_year_and_leads_back(web):
    client = web()
    answer = client.post("/language/", {"language": "en", "next": "/sign-in/?next=/m/"})
    cookie = client.cookies[settings.LANGUAGE_COOKIE_NAME]
    said = (cookie.value, cookie["max-age"], bool(cookie["httponly"]), cookie["samesite"])
    assert (answer.status_code, answer["Location"]) == (302, "/sign-in/?next=/m/")
    assert said == ("en", 365 * 24 * 60 * 60, True, "Lax")


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_the_switch_never_leads_to_another_site(web, elsewhere):
    answer = web().post("/language/", {"language": "en", "next": elsewhere}, HTTP_REFERER=elsewhere)
    assert (answer.status_code, answer["Location"]) == (302, "/")


def test_the_choice_outlives_signing_in_and_out(web, cast):
    client = web(cast.officer)
    client.post("/language/", {"language": "en"})
    client.post("/sign-out/")
    assert client.get("/sign-in/")["Content-Language"] == "en"


def test_the_api_says_its_errors_in_the_language_of_the_cookie(api, cast):
    in_chinese = api(cast.officer).get("/api/v1/visits/no-such-visit/", **ENGLISH_PHONE).json()["detail"]
    in_english = chose(api(cast.officer), "en").get("/api/v1/visits/no-such-visit/").json()["detail"]
    assert (has_chinese(in_chinese), has_chinese(in_english)) == (True, False)


def test_one_persons_english_does_not_leak_into_the_next_request(web):
    chose(web(), "en").get("/sign-in/")
    assert translation.get_language() == "zh-hans"
    assert web().get("/sign-in/")["Content-Language"] == "zh-hans"


SWITCHED = [
    ("", "/sign-in/"), ("officer", "/m/me/"), ("panel", "/district/"), ("city", "/city/"), ("bank", "/admin/"),
    ("", "/track/{track}/"), ("", "/track/none/"), ("", "/q/none/"), ("officer", "/nowhere/"), ("panel", "/m/"),
]  # fmt: skip


@pytest.mark.parametrize(("who", "path"), SWITCHED)
def test_the_switch_stands_on_the_page_and_leads_back_to_it(cast, web, who, path):
    path = path.format(track=visited(cast).track_token)
    client = web(getattr(cast, who, None))
    page = client.get(path)
    html = page.content.decode()
    assert 'action="/language/"' in html
    assert '<input type="hidden" name="next" value="/">' not in html.replace("\n", "")
    client.post("/language/", {"language": "en", "next": path})
    back = client.get(path)
    assert (back.status_code, back["Content-Language"]) == (page.status_code, "en")
    assert "中文" in back.content.decode() or "简体中文" in back.content.decode()


def test_a_page_that_answers_a_form_leads_back_to_the_form(cast, web):
    client = web(cast.panel)
    html = client.post(
        "/codes/print/", {"kind": "nothing"}, HTTP_REFERER="http://testserver/codes/print/"
    ).content.decode()
    assert 'value="http://testserver/codes/print/"' in html or html == ""


def has_chinese(text: str) -> bool:
    return any("\u4e00" <= letter <= "\u9fff" for letter in text)
