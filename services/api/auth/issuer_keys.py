"""The keys of an OpenID provider, found by discovery and kept: JWKS, refetched for a `kid` that is not known.

A provider that is away stops nobody whose key is at hand.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import httpx
import structlog
from joserfc.errors import JoseError
from joserfc.jwk import Key, KeySet

from infra.settings import Settings

log = structlog.get_logger(__name__)

DISCOVERY = "/.well-known/openid-configuration"
DOCUMENT_BYTES_MAX = 1_048_576
#: What a provider that is away, or answers nonsense, leads to.
FAILURES = (
    TimeoutError, httpx.HTTPError, httpx.InvalidURL, JoseError, ValueError, TypeError, KeyError,
    AttributeError,
)  # fmt: skip


class IssuerUnavailable(RuntimeError):
    """The provider's keys cannot be fetched, and none at hand has the `kid` that was asked for."""


class IssuerKeys:
    """The keys of the provider in the settings. To be used from one event loop."""

    def __init__(
        self, issuer: str, settings: Settings, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._issuer = issuer
        self._settings = settings
        self._monotonic = monotonic
        self._keys: dict[str, Key] = {}
        #: Keys that the provider lists no longer, and until when they verify.
        self._retired: dict[str, float] = {}
        self._fetched_at = -float("inf")
        self._tried_at = -float("inf")
        self._fetching: asyncio.Task[None] | None = None

    def known(self, kid: str) -> Key | None:
        """The key at hand of this `kid`; keys that have grown old are fetched anew meanwhile."""
        now = self._monotonic()
        if now - self._fetched_at > self._settings.oidc_keys_seconds and self._may_fetch(now):
            self._fetch()
        if now > self._retired.get(kid, float("inf")):
            return None
        return self._keys.get(kid)

    async def key(self, kid: str) -> Key | None:
        """The key of this `kid`, fetched if it is not at hand. Raises IssuerUnavailable."""
        if (key := self.known(kid)) is not None:
            return key
        if self._fetching is not None or self._may_fetch(self._monotonic()):
            # Shielded: others wait for the same fetch, and one of them may give up.
            await asyncio.shield(self._fetching or self._fetch())
        if (key := self.known(kid)) is None and self._fetched_at < self._tried_at:
            raise IssuerUnavailable
        return key

    def _may_fetch(self, now: float) -> bool:
        return self._fetching is None and now - self._tried_at >= self._settings.oidc_refetch_seconds

    def _fetch(self) -> "asyncio.Task[None]":
        self._tried_at = self._monotonic()
        self._fetching = asyncio.create_task(self._fetched())
        return self._fetching

    async def _fetched(self) -> None:
        try:
            async with asyncio.timeout(self._settings.oidc_fetch_seconds):
                listed = await fetch_keys(self._issuer)
        except FAILURES as error:
            log.warning("The keys of the OpenID provider cannot be fetched", error=repr(error)[:300])
        else:
            self._take(listed)
        finally:
            self._fetching = None

    def _take(self, listed: dict[str, Key]) -> None:
        now = self._monotonic()
        retired = {
            kid: self._retired.get(kid, now + self._settings.oidc_retired_key_seconds)
            for kid in self._keys.keys() - listed.keys()
        }
        self._retired = {kid: until for kid, until in retired.items() if until > now}
        self._keys = {kid: self._keys[kid] for kid in self._retired} | listed
        self._fetched_at = self._tried_at = now


async def fetch_keys(issuer: str) -> dict[str, Key]:
    """The public keys that a provider lists for signatures, by `kid`. Raises one of FAILURES.

    The discovery document must be the issuer's own (OpenID Connect Discovery 1.0, section 4.3), and its
    addresses as safe as the issuer's.
    """
    async with httpx.AsyncClient(follow_redirects=False) as client:
        found = await _document(client, issuer.rstrip("/") + DISCOVERY)
        if found["issuer"] != issuer:
            raise ValueError("the discovery document names another issuer")
        address: str = found["jwks_uri"]
        if issuer.startswith("https://") and not address.startswith("https://"):
            raise ValueError("the keys are not at an https address")
        document = await _document(client, address)
    # Symmetric keys and private ones have no place in a list that anybody can read.
    given = [one for one in document["keys"] if one.get("kty") in ("RSA", "EC", "OKP") and "d" not in one]
    keys = KeySet.import_key_set({"keys": [one for one in given if one.get("use", "sig") == "sig"]})
    return {str(key.kid): key for key in keys}


async def _document(client: httpx.AsyncClient, address: str) -> dict[str, Any]:
    async with client.stream("GET", address) as response:
        response.raise_for_status()
        body = b""
        async for part in response.aiter_bytes():
            body += part
            if len(body) > DOCUMENT_BYTES_MAX:
                raise ValueError("the provider's document is too large")
    document = httpx.Response(200, content=body).json()
    if not isinstance(document, dict):
        raise TypeError("the provider's document is no JSON object")
    return document
