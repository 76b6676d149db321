"""How often one may ask. Counted in Redis by fixed windows; while Redis is away everybody is let through.

Behind one address there may be a whole market hall, so an address alone may do a lot; what one address may do to one
code or one link is little. Neither the address nor the token stands in Redis in clear.
"""

import hashlib
from collections.abc import Iterable
from datetime import datetime
from ipaddress import ip_address, ip_network
from typing import NamedTuple

from django.core.cache import cache
from redis.exceptions import RedisError

from accounts.errors import TooMany


class Limit(NamedTuple):
    name: str
    count: int
    seconds: int


MINUTE, HOUR = 60, 3600
# (of whom, how often): each row is counted by itself, the first that is used up refuses
READ = (
    (("address",), Limit("read-address", 600, MINUTE)),
    (("token",), Limit("read-token", 240, MINUTE)),
)
WRITE = (
    (("address",), Limit("write-address", 300, 10 * MINUTE)),
    (("address", "token"), Limit("write-both", 30, 10 * MINUTE)),
    (("token",), Limit("write-token", 90, 10 * MINUTE)),
)
# what leaves something behind that people have to work through: a declared need, a report, a complaint
LEAVE = (
    (("address",), Limit("leave-address", 60, HOUR)),
    (("address", "token"), Limit("leave-both", 6, HOUR)),
    (("token",), Limit("leave-token", 20, HOUR)),
)
# a token that opens nothing: somebody is guessing. What opens something is not counted here
GUESS = ((("address",), Limit("guess-address", 30, 10 * MINUTE)),)
Limits = Iterable[tuple[tuple[str, ...], Limit]]


def spend(limits: Limits, *, address: str, token: str, now: datetime) -> None:
    """Count one more; raises TooMany where one of the limits is used up. A page without a token is counted by address."""
    who = {"address": _household(address), "token": token}
    for names, limit in limits:
        if "token" in names and not token:
            continue
        _spend(limit, ":".join(who[name] for name in names), now)


def check_left(limits: Limits, *, address: str, token: str, now: datetime) -> None:
    """Counts nothing; raises TooMany where one of the limits is used up already."""
    who = {"address": _household(address), "token": token}
    for names, limit in limits:
        key, passed = _key(limit, ":".join(who[name] for name in names), now)
        try:
            is_used_up = (cache.get(key) or 0) >= limit.count
        except RedisError:
            return
        if is_used_up:
            raise TooMany(limit.seconds - passed)


def _key(limit: Limit, who: str, now: datetime) -> tuple[str, int]:
    """Where it is counted, and the seconds that have passed of its window."""
    window, passed = divmod(int(now.timestamp()), limit.seconds)
    digest = hashlib.sha256(f"{limit.name}:{who}".encode()).hexdigest()[:32]
    return f"limit:{digest}:{window}", passed


def _spend(limit: Limit, who: str, now: datetime) -> None:
    key, passed = _key(limit, who, now)
    try:
        cache.add(key, 0, timeout=limit.seconds + MINUTE)
        if cache.incr(key) <= limit.count:
            return
    except (ValueError, RedisError):  # Redis has just dropped the key, or is away
        return
    raise TooMany(limit.seconds - passed)


def _household(address: str) -> str:
    """One household or shop has a whole /64 of IPv6: it must not be counted anew for every address in it."""
    found = ip_address(address)
    return str(ip_network((found, 64), strict=False)) if found.version == 6 else str(found)
