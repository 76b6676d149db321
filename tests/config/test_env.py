"""Variables are read as what they are meant to be, or stop the start and name themselves."""

import pytest

from config import env


def test_a_socket_folder_may_stand_for_the_database_host(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres://doorstep@%2Frun%2Fsockets/doorstep")
    found = env.database("DATABASE_URL", "")
    assert (found["HOST"], found["USER"], found["NAME"]) == ("/run/sockets", "doorstep", "doorstep")


def test_a_password_may_hold_an_escaped_at_sign_and_options_are_kept(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://u:p%40ss@db:5433/x?sslmode=require")
    found = env.database("DATABASE_URL", "")
    assert (found["PASSWORD"], found["PORT"], found["OPTIONS"]) == ("p@ss", 5433, {"sslmode": "require"})


@pytest.mark.parametrize(
    "value", ["banana", "mysql://u:p@h/x", "sqlite:///x", "postgres://u@h:port/x", "postgres://u@h"]
)
def test_only_postgresql_addresses_are_taken(monkeypatch, value):
    monkeypatch.setenv("DATABASE_URL", value)
    assert message_of(env.database, "DATABASE_URL", "").startswith("DATABASE_URL must look like postgres://")


@pytest.mark.parametrize("value", ["localhost:6379", "http://h", "redis://", "://"])
def test_only_redis_addresses_are_taken(monkeypatch, value):
    monkeypatch.setenv("REDIS_URL", value)
    assert message_of(env.redis, "REDIS_URL", "").startswith("REDIS_URL must look like redis://")


@pytest.mark.parametrize("value", ["ftp://h", "mail", "smtp://h:port"])
def test_a_malformed_mail_server_is_named(monkeypatch, value):
    monkeypatch.setenv("EMAIL_URL", value)
    assert message_of(env.email, "EMAIL_URL", "").startswith("EMAIL_URL must look like smtp+tls://")


@pytest.mark.parametrize(
    ("value", "host", "port", "tls"),
    [
        ("smtp://127.0.0.1:1025", "127.0.0.1", 1025, False),
        ("smtp://mail.example.cn", "mail.example.cn", 25, False),
        ("smtp+tls://u:p@mail.example.cn", "mail.example.cn", 587, True),
    ],
)
def test_mail_servers_are_read_with_their_usual_ports(monkeypatch, value, host, port, tls):
    monkeypatch.setenv("EMAIL_URL", value)
    found = env.email("EMAIL_URL", "")
    assert (found["EMAIL_HOST"], found["EMAIL_PORT"], found.get("EMAIL_USE_TLS", False)) == (host, port, tls)


@pytest.mark.parametrize(
    ("value", "meant"), [("1", True), ("True", True), ("off", False), ("", False), ("0", False)]
)
def test_a_flag_is_yes_or_no(monkeypatch, value, meant):
    monkeypatch.setenv("DEBUG", value)
    assert env.flag("DEBUG") is meant


def test_a_flag_that_is_neither_is_named(monkeypatch):
    monkeypatch.setenv("DEBUG", "maybe")
    assert message_of(env.flag, "DEBUG") == "DEBUG is 'maybe'; say 1 or 0."


@pytest.mark.parametrize("value", ["0", "65536", "80a", "-1", "٣", "9" * 5000])
def test_a_port_outside_the_range_is_refused(monkeypatch, value):
    monkeypatch.setenv("PORT", value)
    with pytest.raises(env.ConfigurationError):
        env.number("PORT", 8000, low=1, high=65535)


def test_the_highest_port_is_taken(monkeypatch):
    monkeypatch.setenv("PORT", "65535")
    assert env.number("PORT", 8000, low=1, high=65535) == 65535


@pytest.mark.parametrize(
    "value", ["doorstep.example.cn", "ftp://x", "https://", "http://x:99999", "http://[::1"]
)
def test_a_public_address_without_http_is_refused(monkeypatch, value):
    monkeypatch.setenv("PUBLIC_BASE_URL", value)
    with pytest.raises(env.ConfigurationError):
        env.web_address("PUBLIC_BASE_URL", "http://localhost")


def test_a_public_address_loses_its_last_slash(monkeypatch):
    monkeypatch.setenv("PUBLIC_BASE_URL", "https://doorstep.example.cn/")
    assert env.web_address("PUBLIC_BASE_URL", "") == "https://doorstep.example.cn"


@pytest.mark.parametrize("value", ["Peking", "Asia/Nowhere", "/etc/passwd", "../x"])
def test_an_unknown_time_zone_is_refused(monkeypatch, value):
    monkeypatch.setenv("TIME_ZONE", value)
    with pytest.raises(env.ConfigurationError):
        env.time_zone("TIME_ZONE", "Asia/Shanghai")


@pytest.mark.parametrize("value", ["{", "{}", "[1]", '[{"code": "x"}]'])
def test_credit_sources_of_the_wrong_shape_are_refused(monkeypatch, value):
    monkeypatch.setenv("CREDIT_SOURCES", value)
    assert message_of(read_sources).startswith("CREDIT_SOURCES ")


def read_sources():
    return env.json_list("CREDIT_SOURCES", [], required={"code", "adapter"})


def message_of(reader, *arguments, **options) -> str:
    with pytest.raises(env.ConfigurationError) as caught:
        reader(*arguments, **options)
    return str(caught.value)
