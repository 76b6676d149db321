"""How many refused scans of one caller are kept: a script that invents tokens must not fill the table."""

from datetime import datetime

from django.core.cache import cache
from redis.exceptions import RedisError

KEPT_PER_MINUTE = 60  # of one signed-in person, or of one address: behind it there may be a whole market hall


def is_kept(caller: str, now: datetime) -> bool:
    """Count one refusal of this caller (an address, or `user-<pk>`); whether it is still to be stored. The scan is
    answered either way."""
    key = f"refused-scans:{caller}:{now:%H%M}"
    try:
        cache.add(key, 0, timeout=120)
        return cache.incr(key) <= KEPT_PER_MINUTE
    except (ValueError, RedisError):  # Redis has just dropped the key, or is away
        return True
