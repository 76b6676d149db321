"""Where a request came from, as far as it can be believed."""

from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest


def of(request: HttpRequest) -> str:
    """The address the outermost trusted proxy saw, or the peer's where no proxy is trusted.

    Entries of X-Forwarded-For further left were written by the caller and may say anything. IPv4 is always told as
    such: as `::ffff:…`, as a socket of both kinds writes it, all of IPv4 would be one network of IPv6.
    """
    chain = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    trusted = settings.TRUSTED_PROXIES
    claimed = chain[-trusted].strip() if 0 < trusted <= len(chain) else ""
    for candidate in (claimed, request.META.get("REMOTE_ADDR", "")):
        try:
            found = ip_address(candidate)
        except ValueError:
            continue
        return str(getattr(found, "ipv4_mapped", None) or found)
    return "0.0.0.0"  # noqa: S104  not an address to listen on: a peer without one, a Unix socket
