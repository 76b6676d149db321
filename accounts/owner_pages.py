"""Pages for people without an account: the token in the address is the key, and everybody may try keys."""

from collections.abc import Callable
from functools import partial, wraps

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from accounts import client_address, rate_limits
from accounts.errors import NotFound


def for_owners(
    view: Callable[..., HttpResponse] | None = None, *, one_spelling: Callable[[str], str] = str
) -> Callable[..., HttpResponse]:
    """Counts who looks and who writes, and tightly whose tokens open nothing; what is too much is refused with TooMany
    before anything is read. Whoever is signed in guesses under their own name and is not counted as guessing.

    `one_spelling` of a token that opens the same page in several: all of them are counted as one."""
    if view is None:
        return partial(for_owners, one_spelling=one_spelling)

    @wraps(view)
    def counted(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        limits = rate_limits.WRITE if request.method == "POST" else rate_limits.READ
        _count(limits, request, one_spelling(kwargs.get("token", "")))
        if request.user.is_authenticated:
            return view(request, *args, **kwargs)
        rate_limits.check_left(
            rate_limits.GUESS, address=client_address.of(request), token="", now=timezone.now()
        )
        try:
            answer = view(request, *args, **kwargs)
        except NotFound:
            _count(rate_limits.GUESS, request, "")
            raise
        if answer.status_code == NotFound.status:
            _count(rate_limits.GUESS, request, "")
        return answer

    return counted


def count_leaving(request: HttpRequest, token: str) -> None:
    """Before something is left behind that people have to work through. `token` in its one spelling."""
    _count(rate_limits.LEAVE, request, token)


def _count(limits: rate_limits.Limits, request: HttpRequest, token: str) -> None:
    rate_limits.spend(limits, address=client_address.of(request), token=token, now=timezone.now())
