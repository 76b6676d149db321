"""The Redis cache, except that a lost Redis is a miss and not a broken page."""

import logging

from django.core.cache.backends.redis import RedisCache, RedisCacheClient
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

logger = logging.getLogger(__name__)
LOST = (RedisConnectionError, RedisTimeoutError)


class OneClient(RedisCacheClient):
    """Django's makes a new client for every single call, which costs more than the call; one may serve all threads."""

    def __init__(self, servers: list[str], **options) -> None:
        super().__init__(servers, **options)
        self._clients: dict[int, object] = {}

    def get_client(self, key=None, *, write: bool = False):
        index = self._get_connection_pool_index(write)
        if index not in self._clients:
            self._clients[index] = super().get_client(key, write=write)
        return self._clients[index]


class ForgivingRedisCache(RedisCache):
    """No fact lives in Redis alone, so throttles and cached figures may be missing for a while."""

    def __init__(self, server: str, params: dict) -> None:
        super().__init__(server, params)
        self._class = OneClient

    def add(self, key, value, timeout=None, version=None):
        return self._or(False, super().add, key, value, timeout, version)

    def get(self, key, default=None, version=None):
        return self._or(default, super().get, key, default, version)

    def set(self, key, value, timeout=None, version=None):
        return self._or(None, super().set, key, value, timeout, version)

    def delete(self, key, version=None):
        return self._or(False, super().delete, key, version)

    def get_many(self, keys, version=None):
        return self._or({}, super().get_many, keys, version)

    def set_many(self, data, timeout=None, version=None):
        return self._or([], super().set_many, data, timeout, version)

    def has_key(self, key, version=None):
        return self._or(False, super().has_key, key, version)

    @staticmethod
    def _or(fallback, call, *args):
        try:
            return call(*args)
        except LOST:
            logger.warning("Redis does not answer; going on without the cache")
            return fallback
