"""No log line keeps the key to a case or a door."""

import logging
from io import StringIO

import pytest

from config.logs import MaskedFormatter, masked
from config.supervise import web


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("Not Found: /q/MDEPKVZ426FC7Q7T/", "Not Found: /q/***/"),
        ("Forbidden: /track/pGB2yD0uJkN6c2N8K2w5ag/withdraw/", "Forbidden: /track/***/withdraw/"),
        ('"GET /q/MDEPKVZ426FC7Q7T/need/?x=1 HTTP/1.1" 200', '"GET /q/***/need/?x=1 HTTP/1.1" 200'),
        ("GET /sign-in/?next=/q/MDEPKVZ426FC7Q7T/", "GET /sign-in/?next=/q/***/"),
        ("GET /sign-in/?next=%2Fq%2FMDEPKVZ426FC7Q7T%2F", "GET /sign-in/?next=%2Fq%2F***%2F"),
        ("/m/visit/code/MDEPKVZ426FC7Q7T/", "/m/visit/code/***/"),
        ("/api/v1/codes/MDEPKVZ426FC7Q7T/", "/api/v1/codes/***/"),
        ("/district/cases/310104-2026-0000001/", "/district/cases/310104-2026-0000001/"),
    ],
)
def test_the_token_of_an_address_is_masked(line, shown):
    assert masked(line) == shown


def test_a_traceback_is_masked_too():
    try:
        raise ValueError("bad link /track/pGB2yD0uJkN6c2N8K2w5ag/")
    except ValueError as error:
        facts = ("x", logging.ERROR, __file__, 1, "at %s", ("/q/MDEPKVZ426FC7Q7T/",))
        record = logging.LogRecord(*facts, exc_info=(type(error), error, error.__traceback__))
    line = MaskedFormatter().format(record)
    assert ("pGB2yD0uJkN6c2N8K2w5ag" in line, "MDEPKVZ426FC7Q7T" in line, "ValueError" in line) == (
        False,
        False,
        True,
    )


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/q/MDEPKVZ426FC7Q7T/", "/track/pGB2yD0uJkN6c2N8K2w5ag/"])
def test_what_django_says_about_a_refused_address_is_masked(client, monkeypatch, path):
    said = StringIO()
    for handler in logging.getLogger().handlers:
        if isinstance(handler.formatter, MaskedFormatter):
            monkeypatch.setattr(handler, "stream", said)
    client.get(path)
    assert (path.split("/")[2] in said.getvalue(), "/***/" in said.getvalue()) == (False, True)


def test_every_handler_masks(settings):
    shapes = {handler["formatter"] for handler in settings.LOGGING["handlers"].values()}
    assert {settings.LOGGING["formatters"][name]["()"] for name in shapes} == {"config.logs.MaskedFormatter"}


def test_the_web_server_keeps_no_log_of_addresses():
    assert "--no-access-log" in web("localhost", 8000).command
