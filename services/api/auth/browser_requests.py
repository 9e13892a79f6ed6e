"""What a browser says of the page that sends a request: its origin, and Fetch Metadata.

A session's cookie is taken from our own pages alone, whatever a request does; a link from elsewhere may open
a page of ours. Cookies are sent by whatever page asks (CSRF), and `SameSite` knows sites, not origins: on one
machine, every port is the same site.
"""

from typing import Any, Final

from infra.settings import Settings
from services.api.http.problems import Problem

#: They change nothing (RFC 9110, section 9.2.1).
SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
CSRF_HEADER: Final = "X-CSRF-Token"


def is_https(settings: Settings) -> bool:
    """Whether browsers reach us by TLS, of ours or of a proxy."""
    if settings.public_url is not None:
        return settings.public_url.startswith("https://")
    return settings.tls_certificate is not None or settings.api_proxies is not None


def require_own_page(scope: Any, settings: Settings) -> None:
    """Raises a 403 problem when a request was sent by a page of another origin than ours."""
    headers: dict[bytes, bytes] = dict(scope["headers"])
    origin = headers.get(b"origin")
    site = headers.get(b"sec-fetch-site", b"none")
    by_link = (
        scope["method"] in SAFE_METHODS
        and headers.get(b"sec-fetch-mode") == b"navigate"
        and headers.get(b"sec-fetch-dest") == b"document"
    )
    foreign = origin is not None and origin != _own_origin(headers, settings)
    if foreign or not (site in (b"same-origin", b"none") or by_link):
        detail = "A session's cookie is taken from pages of this origin alone (CLIENTELING_PUBLIC_URL)."
        raise Problem(403, "origin_not_ours", detail)


def _own_origin(headers: dict[bytes, bytes], settings: Settings) -> bytes:
    # The names that `Host` may have are a list of ours: another page cannot be addressed by one of them.
    if settings.public_url is not None:
        return settings.public_url.encode()
    return (b"https://" if is_https(settings) else b"http://") + headers.get(b"host", b"").lower()
