"""Log lines without keys: the token of a code or of a tracking link opens what it stands for, so no log may keep it."""

import logging
import re

# addresses that carry a token, as they stand in a log line, a query (`next=`) or a traceback
KEY_IN_ADDRESS = re.compile(
    r"((?:/|%2F)(?:q|track|m/visit/code|api/v1/codes)(?:/|%2F))[^\s/?#&%\"'<>]+", re.IGNORECASE
)


def masked(text: str) -> str:
    return KEY_IN_ADDRESS.sub(r"\1***", text)


class MaskedFormatter(logging.Formatter):
    """Masks the finished line, so that tracebacks are covered too."""

    def format(self, record: logging.LogRecord) -> str:
        return masked(super().format(record))
