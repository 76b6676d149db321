"""What the frame itself answers: health, refusals in both shapes, headers, lock-out, sessions."""

from datetime import timedelta

import pytest
import redis
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import OperationalError
from django.test import Client, RequestFactory
from django.utils import timezone

from accounts import client_address
from config import health
from tests.factories import PASSWORD


def test_the_health_page_asks_no_database(client):
    assert client.get("/healthz").content == b"ok"


@pytest.mark.django_db
def test_ready_says_how_database_and_redis_are(client):
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["database"], answer.json()["redis"]) == (200, "ok", "ok")


@pytest.mark.django_db
def test_ready_without_a_database_is_503(client, monkeypatch):
    monkeypatch.setattr(health, "_database_answers", lambda: False)
    assert client.get("/readyz").status_code == 503


@pytest.mark.django_db
def test_ready_without_redis_stays_in_service_and_says_so(client, settings):
    settings.REDIS_URL = "unix:///nowhere.sock"
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["redis"]) == (200, "down")


@pytest.mark.django_db
def test_a_database_that_fails_is_down_and_not_a_fault(monkeypatch):
    def fail():
        raise OperationalError("gone")

    monkeypatch.setattr(health.connection, "cursor", fail)
    assert health._database_answers() is False


@pytest.mark.django_db
def test_metrics_are_prometheus_text(client):
    answer = client.get("/metrics")
    assert answer["Content-Type"].startswith("text/plain; version=0.0.4")
    assert b"\ndoorstep_database_up 1\n" in answer.content


def test_an_unknown_api_address_answers_in_the_error_shape(client):
    answer = client.get("/api/v1/no-such-thing/")
    assert (answer.status_code, answer.json()["code"], sorted(answer.json())) == (
        404,
        "not_found",
        ["code", "detail", "fields"],
    )


def test_an_unknown_page_is_a_page(client):
    answer = client.get("/no-such-page/")
    assert (answer.status_code, answer["Content-Type"].split(";")[0]) == (404, "text/html")


@pytest.mark.parametrize("path", ["/sign-in/", "/no-such-page/", "/api/v1/no-such-thing/", "/healthz"])
@pytest.mark.django_db
def test_the_strict_policy_holds_on_pages_and_api(client, path):
    policy = client.get(path)["Content-Security-Policy"]
    assert ("default-src 'self'" in policy, "unsafe" in policy) == (True, False)


@pytest.mark.django_db
def test_the_admin_alone_may_evaluate(client):
    assert "'unsafe-eval'" in client.get("/admin/login/")["Content-Security-Policy"]


@pytest.mark.django_db
def test_five_failed_sign_ins_lock_the_person_out_at_that_address(client, cast):
    statuses = [sign_in(client, "officer", "wrong").status_code for _ in range(5)]
    right = sign_in(client, "officer", PASSWORD)
    assert (statuses[:4], right.status_code, "15 分钟" in right.content.decode()) == ([200] * 4, 429, True)


@pytest.mark.django_db
def test_a_colleague_at_the_same_address_still_gets_in(client, cast):
    for _ in range(6):
        sign_in(client, "officer", "wrong")
    assert sign_in(client, "panel", PASSWORD).status_code == 302


@pytest.mark.django_db
def test_a_session_ends_twelve_hours_after_sign_in_whatever_happens_meanwhile(client, cast):
    sign_in(client, "officer", PASSWORD)
    session = client.session
    first = Session.objects.get().expire_date
    session["later"] = "changed"
    session.save()
    left = first - timezone.now()
    assert Session.objects.get().expire_date == first
    assert timedelta(hours=11, minutes=59) < left <= timedelta(hours=12)


@pytest.mark.parametrize(
    ("proxies", "forwarded", "believed"),
    [
        (0, "203.0.113.9", "127.0.0.1"),
        (1, "6.6.6.6, 203.0.113.9", "203.0.113.9"),
        (2, "6.6.6.6, 203.0.113.9, 10.0.0.1", "203.0.113.9"),
        (2, "203.0.113.9", "127.0.0.1"),
        (1, "not an address", "127.0.0.1"),
        (1, "::ffff:203.0.113.9", "203.0.113.9"),
        (1, "2001:db8::9", "2001:db8::9"),
    ],
)
def test_only_what_trusted_proxies_wrote_is_believed(settings, proxies, forwarded, believed):
    settings.TRUSTED_PROXIES = proxies
    assert client_address.of(RequestFactory().get("/", HTTP_X_FORWARDED_FOR=forwarded)) == believed


def test_a_lost_redis_is_a_cache_miss(servers, monkeypatch):
    def lost(*arguments, **options):
        raise redis.exceptions.ConnectionError("gone")

    monkeypatch.setattr("django.core.cache.backends.redis.RedisCacheClient.get", lost)
    monkeypatch.setattr("django.core.cache.backends.redis.RedisCacheClient.set", lost)
    cache.set("a", 1)
    assert cache.get("a", "absent") == "absent"


@pytest.mark.django_db
def test_a_body_over_six_megabytes_is_refused_and_no_fault(client):
    answer = client.post("/sign-in/", {"username": "x" * 7_000_000, "password": "y"}, follow=False)
    page = client.post("/sign-in/", b"x" * 7_000_000, content_type="application/x-www-form-urlencoded")
    assert (answer.status_code, page.status_code) == (400, 400)


def sign_in(client, username: str, password: str):
    return client.post("/sign-in/", {"username": username, "password": password})


@pytest.mark.django_db
def test_a_sign_in_page_with_an_old_token_is_offered_anew_and_keeps_where_to_go(cast):
    client = Client(enforce_csrf_checks=True)
    client.get("/sign-in/")
    posted = {"username": "officer", "password": PASSWORD, "next": "/m/outbox/?a=1&b=2"}
    answer = client.post("/sign-in/", posted, follow=True)
    assert answer.redirect_chain == [("/sign-in/?next=%2Fm%2Foutbox%2F%3Fa%3D1%26b%3D2", 302)]
    assert "页面已过期，请再登录一次。" in answer.content.decode()
    token = answer.context["csrf_token"]
    again = client.post("/sign-in/", {**posted, "csrfmiddlewaretoken": str(token)})
    assert (again.status_code, again["Location"]) == (302, "/m/outbox/?a=1&b=2")
