"""`X-Idempotency-Key`: done once, answered twice."""

import json
import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.test import RequestFactory
from django.utils import timezone

from accounts.idempotency import IdempotencyMiddleware
from accounts.idempotency_record import IdempotencyRecord

pytestmark = pytest.mark.django_db


def post(user, body: dict, key: str = "k1", path: str = "/api/v1/things/") -> HttpRequest:
    request = RequestFactory().post(
        path, json.dumps(body), content_type="application/json", HTTP_X_IDEMPOTENCY_KEY=key
    )
    request.user = user
    return request


class Counting:
    """A view that counts its calls and answers with the count."""

    def __init__(self, status: int = 201) -> None:
        self.calls, self.status = 0, status

    def __call__(self, request: HttpRequest) -> JsonResponse:
        self.calls += 1
        return JsonResponse({"call": self.calls}, status=self.status)


def test_the_same_key_and_body_is_done_once_and_answered_twice(cast):
    view = Counting()
    once = IdempotencyMiddleware(view)
    first, second = once(post(cast.officer, {"a": 1})), once(post(cast.officer, {"a": 1}))
    assert (view.calls, second.content, second.status_code) == (1, first.content, 201)
    assert second["Idempotency-Replayed"] == "true"


def test_the_same_key_with_another_body_is_refused(cast):
    once = IdempotencyMiddleware(Counting())
    once(post(cast.officer, {"a": 1}))
    answer = once(post(cast.officer, {"a": 2}))
    assert (answer.status_code, json.loads(answer.content)["code"]) == (422, "idempotency_key_reused")


def test_the_same_key_of_another_person_is_another_key(cast):
    view = Counting()
    once = IdempotencyMiddleware(view)
    once(post(cast.officer, {"a": 1}))
    once(post(cast.panel, {"a": 1}))
    assert view.calls == 2


@pytest.mark.parametrize("status", [409, 429, 500, 503])
def test_an_answer_that_asks_to_be_tried_again_is_not_kept(cast, status):
    view = Counting(status)
    once = IdempotencyMiddleware(view)
    once(post(cast.officer, {"a": 1}))
    once(post(cast.officer, {"a": 1}))
    assert (view.calls, IdempotencyRecord.objects.count()) == (2, 0)


def test_a_view_that_fails_leaves_the_key_free(cast):
    def fail(request):
        raise RuntimeError

    with pytest.raises(RuntimeError):
        IdempotencyMiddleware(fail)(post(cast.officer, {}))
    assert IdempotencyRecord.objects.count() == 0


@pytest.mark.parametrize("key", ["", "x" * 129, "a\x00b"])
def test_a_key_that_is_none_is_refused(cast, key):
    answer = IdempotencyMiddleware(Counting())(post(cast.officer, {}, key))
    assert (answer.status_code, json.loads(answer.content)["code"]) == (400, "idempotency_key_invalid")


def test_an_expired_key_is_free_again(cast):
    view = Counting()
    once = IdempotencyMiddleware(view)
    once(post(cast.officer, {"a": 1}))
    IdempotencyRecord.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    once(post(cast.officer, {"a": 1}))
    assert view.calls == 2


def test_a_key_whose_owner_died_is_free_after_two_minutes(cast):
    dead = IdempotencyRecord.objects.create(
        caller=f"user:{cast.officer.pk}", key="k1", body_digest="x", expires_at=timezone.now() + timedelta(days=1),
        created_at=timezone.now() - timedelta(minutes=2, seconds=1),
    )  # fmt: skip
    view = Counting()
    IdempotencyMiddleware(view)(post(cast.officer, {"a": 1}))
    assert (view.calls, IdempotencyRecord.objects.filter(pk=dead.pk).exists()) == (1, False)


@pytest.mark.django_db(transaction=True)
def test_two_at_once_are_done_once_and_the_second_is_told_to_wait(cast):
    inside, go = threading.Event(), threading.Event()
    calls = []

    def slow(request):
        calls.append(1)
        inside.set()
        go.wait(10)
        return JsonResponse({}, status=201)

    once, answers = IdempotencyMiddleware(slow), []

    def first():
        answers.append(once(post(cast.officer, {"a": 1})).status_code)
        connection.close()

    thread = threading.Thread(target=first)
    thread.start()
    assert inside.wait(10)
    second = once(post(cast.officer, {"a": 1}))
    go.set()
    thread.join()
    assert (second.status_code, second["Retry-After"], len(calls), answers) == (409, "5", 1, [201])
