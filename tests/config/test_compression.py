"""Pages are compressed for whoever takes it; what the API says is not."""

import gzip

import pytest

pytestmark = pytest.mark.django_db


def test_a_page_is_compressed_and_reads_the_same(web):
    plain, packed = web().get("/sign-in/"), web().get("/sign-in/", headers={"Accept-Encoding": "gzip"})
    assert (packed["Content-Encoding"], len(packed.content) < len(plain.content) / 2) == ("gzip", True)
    assert "<h1" in gzip.decompress(packed.content).decode()


def test_an_answer_of_the_api_is_left_alone(api, cast):
    answer = api(cast.officer).get("/api/v1/me/", headers={"Accept-Encoding": "gzip"})
    assert (answer.status_code, answer.has_header("Content-Encoding")) == (200, False)
