"""`X-Idempotency-Key`: done once, answered twice."""

import json
import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.test import RequestFactory
from django.utils import timezone
from rest_framework.renderers import JSONRenderer
from rest_framework.test import APIClient

from accounts.api_errors import handle
from accounts.errors import Invalid
from accounts.idempotency import IdempotencyMiddleware
from accounts.idempotency_record import IdempotencyRecord
from lending.errors import LookupUnavailable, NoConsent
from tests import factories as make

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


@pytest.mark.parametrize("status", [401, 403, 408, 409, 413, 429, 500, 503])
def test_an_answer_that_asks_to_be_tried_again_is_not_kept(cast, status):
    view = Counting(status)
    once = IdempotencyMiddleware(view)
    once(post(cast.officer, {"a": 1}))
    once(post(cast.officer, {"a": 1}))
    assert (view.calls, IdempotencyRecord.objects.count()) == (2, 0)


@pytest.mark.parametrize(("refusal", "calls"), [(LookupUnavailable, 2), (NoConsent, 2), (Invalid, 1)])
def test_a_refusal_that_may_end_differently_next_time_is_not_kept(cast, refusal, calls):
    view = Counting()

    def refuse(request):
        view(request)
        return handle(refusal(), {})

    def rendered(request):
        response = refuse(request)
        response.accepted_renderer, response.accepted_media_type = JSONRenderer(), "application/json"
        response.renderer_context = {}
        return response.render()

    once = IdempotencyMiddleware(rendered)
    answers = [once(post(cast.officer, {"a": 1})).status_code for _ in range(2)]
    assert (view.calls, answers) == (calls, [refusal.status] * 2)


def test_a_refused_csrf_check_is_not_replayed_once_the_token_is_right(cast):
    client, body = APIClient(enforce_csrf_checks=True), make.visit_body(make.business())
    client.force_login(cast.officer)
    first = client.post("/api/v1/visits/", body, format="json", HTTP_X_IDEMPOTENCY_KEY="k1").status_code
    client.get("/sign-in/")
    client.get(f"/m/visit/{body['credit_code']}/")
    token = client.cookies["csrftoken"].value
    sent = {"HTTP_X_IDEMPOTENCY_KEY": "k1", "HTTP_X_CSRFTOKEN": token}
    assert (first, client.post("/api/v1/visits/", body, format="json", **sent).status_code) == (403, 201)


def test_a_body_that_is_too_large_is_refused_before_it_is_read(cast, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    view = Counting()
    answer = IdempotencyMiddleware(view)(post(cast.officer, {"a": "x" * 200}))
    assert (answer.status_code, json.loads(answer.content)["code"], view.calls) == (413, "too_large", 0)


def test_a_body_that_breaks_off_is_refused(cast):
    class Torn:
        def read(self, *_size):
            raise OSError("the phone is in a lift")

        def close(self):
            pass

    request, view = post(cast.officer, {"a": 1}), Counting()
    request._stream = Torn()
    answer = IdempotencyMiddleware(view)(request)
    assert (answer.status_code, json.loads(answer.content)["code"], view.calls) == (400, "body_unreadable", 0)


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
