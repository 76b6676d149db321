"""How often a stranger may ask: tight for one who writes, generous for a market hall behind one address, and open to
everybody while Redis is away."""

import uuid
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone
from redis.exceptions import ConnectionError as RedisConnectionError

from accounts import rate_limits
from accounts.errors import TooMany
from tests import factories as make
from tests.factories import NOW
from tests.lending import story
from tests.visits.intake import telling
from visits.codes.rules import SECRET_LENGTH, token_for
from visits.models import OwnerReport

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def one_moment(monkeypatch):
    """No window turns over while a test counts."""
    now = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: now)
    return now


@pytest.fixture
def token(cast) -> str:
    return telling.token_of(telling.door(cast, make.business(at=cast.xuhui), timezone.now()))


def use_up(limits, *, address: str, token: str, now=NOW) -> int:
    """How often one may, before one is refused."""
    for count in range(1000):
        try:
            rate_limits.spend(limits, address=address, token=token, now=now)
        except TooMany:
            return count
    return 1000


def test_who_writes_much_to_one_code_is_stopped_soon():
    assert use_up(rate_limits.LEAVE, address="203.0.113.1", token="A") == 6
    assert use_up(rate_limits.WRITE, address="203.0.113.1", token="A") == 30


def test_one_who_floods_does_not_lock_out_the_neighbour_behind_the_same_address():
    use_up(rate_limits.WRITE, address="203.0.113.1", token="A")
    assert use_up(rate_limits.WRITE, address="203.0.113.1", token="B") == 30
    assert use_up(rate_limits.READ, address="203.0.113.1", token="B") == 240


def test_many_addresses_together_do_not_flood_one_code():
    counts = [use_up(rate_limits.LEAVE, address=f"203.0.113.{n}", token="A") for n in range(1, 6)]
    assert counts == [6, 6, 6, 2, 0]


def test_one_address_does_not_try_tokens_without_end():
    for n in range(600):
        rate_limits.spend(rate_limits.READ, address="203.0.113.1", token=str(n), now=NOW)
    with pytest.raises(TooMany):
        rate_limits.spend(rate_limits.READ, address="203.0.113.1", token="another", now=NOW)


def test_a_page_without_a_token_is_not_one_page_for_the_whole_city():
    use_up(rate_limits.WRITE, address="203.0.113.1", token="")
    assert use_up(rate_limits.WRITE, address="203.0.113.2", token="") == 300


def test_a_whole_network_of_ipv6_is_one_household():
    use_up(rate_limits.LEAVE, address="2001:db8:1:1::1", token="A")
    assert use_up(rate_limits.LEAVE, address="2001:db8:1:1:ffff::2", token="A") == 0
    assert use_up(rate_limits.LEAVE, address="2001:db8:1:2::1", token="A") == 6


def test_a_new_window_begins_on_time():
    use_up(rate_limits.LEAVE, address="203.0.113.1", token="A")
    with pytest.raises(TooMany) as refusal:
        rate_limits.spend(rate_limits.LEAVE, address="203.0.113.1", token="A", now=NOW)
    again = NOW + timedelta(seconds=refusal.value.retry_after)
    assert use_up(rate_limits.LEAVE, address="203.0.113.1", token="A", now=again - timedelta(seconds=1)) == 0
    assert use_up(rate_limits.LEAVE, address="203.0.113.1", token="A", now=again) == 6


def test_neither_address_nor_token_stands_in_redis():
    rate_limits.spend(rate_limits.WRITE, address="203.0.113.1", token="MDEPKVZ426FC7Q7T", now=NOW)
    keys = b" ".join(cache._cache.get_client(None).keys("*"))
    assert (b"203.0.113" in keys, b"MDEPK" in keys, b"limit:" in keys) == (False, False, True)


def test_while_redis_is_away_everybody_is_let_through(monkeypatch):
    def lost(*_, **__):
        raise RedisConnectionError

    monkeypatch.setattr(cache, "incr", lost)
    assert use_up(rate_limits.LEAVE, address="203.0.113.1", token="A") == 1000


@pytest.mark.parametrize("place", ["report", "complaint"])
def test_too_many_reports_are_told_to_wait_in_words(cast, web, token, place):
    path = (
        f"/q/{token}/report/" if place == "report" else f"/track/{story.visited(cast).track_token}/complain/"
    )
    phone = web()
    answers = [phone.post(path, {"id": str(uuid.uuid4()), "text": "收费"}) for _ in range(7)]
    last = answers[-1]
    assert ([answer.status_code for answer in answers], OwnerReport.objects.count()) == ([302] * 6 + [429], 6)
    assert (0 < int(last["Retry-After"]) <= 3600, "分钟后可以再打开" in last.content.decode()) == (True, True)
    assert (last["Cache-Control"], "回到我的工作页" in last.content.decode()) == ("no-store", False)


def test_too_much_reading_is_refused_before_anything_is_read(cast, web, token, django_assert_num_queries):
    phone = web()
    statuses = [phone.get(f"/q/{token}/").status_code for _ in range(240)]
    with django_assert_num_queries(0):
        refused = phone.get(f"/q/{token}/").status_code
    assert (set(statuses), refused) == ({200}, 429)


def test_one_door_is_one_however_its_token_is_written(web, token, settings):
    """The per-door limits would be as many as there are spellings, and an older key's signature is one more."""
    wide = "".join(chr(ord(character) + 0xFEE0) for character in token)
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another key " * 5
    newer = token_for(token[:SECRET_LENGTH])
    spellings = (token, token.lower(), "-".join(token), wide, newer)
    phone = web()
    statuses = [phone.get(f"/q/{spellings[n % 5]}/").status_code for n in range(240)]
    assert set(statuses) == {200}
    assert [phone.get(f"/q/{one}/").status_code for one in spellings] == [429] * 5


def test_another_shop_in_the_same_hall_reads_on(cast, web, token):
    other = telling.token_of(telling.door(cast, make.business(at=cast.xuhui), timezone.now()))
    phone = web()
    for _ in range(241):
        last = phone.get(f"/q/{token}/")
    assert (last.status_code, phone.get(f"/q/{other}/").status_code) == (429, 200)


@pytest.mark.parametrize("path", ["/q/{}/", "/q/{}/need/", "/track/{}/", "/track/{}/withdraw/"])
def test_whoever_guesses_tokens_is_stopped_soon_and_told_so_in_words(cast, web, token, path):
    phone, post = web(), path.endswith("withdraw/")
    ask = phone.post if post else phone.get
    statuses = [ask(path.format(f"NO-SUCH-TOKEN-AT-ALL-{n:04}")).status_code for n in range(31)]
    assert (statuses[:30], statuses[30]) == ([404] * 30, 429)
    refused = phone.get(f"/q/{token}/")  # a guess that would have hit is not answered either
    assert (refused.status_code, "分钟后可以再打开" in refused.content.decode()) == (429, True)


def test_codes_typed_wrong_count_as_guesses_and_right_ones_do_not(web, token):
    phone = web()
    assert {phone.get(f"/q/{token}/").status_code for _ in range(40)} == {200}
    statuses = [phone.post("/q/", {"code": f"ABCD-EFGH-JKMN-{n:04}"}).status_code for n in range(31)]
    assert statuses == [404] * 30 + [429]


def test_only_the_one_who_guesses_is_stopped():
    for _ in range(30):
        rate_limits.spend(rate_limits.GUESS, address="203.0.113.1", token="", now=NOW)
    with pytest.raises(TooMany):
        rate_limits.check_left(rate_limits.GUESS, address="203.0.113.1", token="", now=NOW)
    rate_limits.check_left(rate_limits.GUESS, address="203.0.113.2", token="", now=NOW)
    later = NOW + timedelta(minutes=10)
    rate_limits.check_left(rate_limits.GUESS, address="203.0.113.1", token="", now=later)
