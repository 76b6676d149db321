"""Sessions are rows; their copies in Redis end with them."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from config.sessions import COPY_LIVES, SessionStore

pytestmark = pytest.mark.django_db
ME = "/api/v1/me/"


def copy_of(client):
    return SessionStore(client.cookies["sessionid"].value)._cache.get(
        f"session.{client.cookies['sessionid'].value}"
    )


def test_a_request_reads_the_copy_and_not_the_row(cast, api):
    client = api(cast.officer)
    client.get(ME)
    with CaptureQueriesContext(connection) as asked:
        assert client.get(ME).status_code == 200
    assert [
        sql for sql in (query["sql"] for query in asked.captured_queries) if "django_session" in sql
    ] == []


def test_signing_out_ends_the_copy_with_the_row(cast, web):
    client = web(cast.officer)
    client.get("/m/")
    key = client.cookies["sessionid"].value
    client.post("/sign-out/")
    assert (Session.objects.filter(pk=key).exists(), SessionStore(key).load()) == (False, {})


def test_a_lost_redis_costs_a_query_and_nobody_their_session(cast, api):
    client = api(cast.officer)
    cache.clear()
    assert client.get(ME).status_code == 200
    assert copy_of(client)["_auth_user_id"] == str(cast.officer.pk)


def test_a_copy_outlives_its_row_by_a_minute_at_most(cast, api):
    client = api(cast.officer)
    client.get(ME)
    redis = cache._cache.get_client()
    (key,) = redis.keys("*session.*")
    assert 0 < redis.ttl(key) <= COPY_LIVES
    Session.objects.all().delete()
    cache.clear()  # what that minute does
    assert client.get(ME).status_code == 401


def test_a_copy_never_outlives_the_twelve_hours(cast, api):
    client = api(cast.officer)
    session = client.session
    session.set_expiry(timezone.now() + timedelta(seconds=3))
    session.save()
    redis = cache._cache.get_client()
    assert max(redis.ttl(key) for key in redis.keys("*session.*")) <= 3


def test_an_account_that_is_switched_off_is_out_at_once(cast, api):
    client = api(cast.officer)
    client.get(ME)
    type(cast.officer).objects.filter(pk=cast.officer.pk).update(is_active=False)
    assert client.get(ME).status_code == 401
