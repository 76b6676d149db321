"""How many refused scans of one address are kept: a script that invents tokens must not fill the table."""

from django.core.cache import cache
from django.http import HttpRequest
from django.utils import timezone
from redis.exceptions import RedisError

KEPT_PER_MINUTE = 60


def is_kept(request: HttpRequest) -> bool:
    """Whether a refusal of this request is still to be stored. Signed-in people are always noted; the page answers
    either way, because behind one address there may be a whole market hall."""
    if request.user.is_authenticated:
        return True
    key = f"refused-scans:{request.META.get('REMOTE_ADDR', '')}:{timezone.now():%H%M}"
    cache.add(key, 0, timeout=120)
    try:
        return cache.incr(key) <= KEPT_PER_MINUTE
    except (ValueError, RedisError):  # Redis has just dropped the key, or is away
        return True
