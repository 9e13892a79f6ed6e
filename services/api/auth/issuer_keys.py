"""The keys of an OpenID provider, found by discovery and kept: JWKS, refetched for a `kid` that is not known.

A provider that is away stops nobody whose key is at hand.
"""

import asyncio
import time
from collections.abc import Callable

import httpx
import structlog
from joserfc.errors import JoseError
from joserfc.jwk import Key

from infra.settings import Settings
from services.api.auth.discovery import Provider, discover

log = structlog.get_logger(__name__)

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
        self._provider: Provider | None = None
        self._keys: dict[str, Key] = {}
        #: Keys that the provider lists no longer, and until when they verify.
        self._retired: dict[str, float] = {}
        self._fetched_at = -float("inf")
        self._tried_at = -float("inf")
        self._fetching: asyncio.Task[None] | None = None

    def known(self, kid: str) -> Key | None:
        """The key at hand of this `kid`; keys that have grown old are fetched anew meanwhile."""
        now = self._monotonic()
        if self._is_old(now) and self._may_fetch(now):
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

    async def provider(self) -> Provider:
        """The provider as it described itself when its keys were fetched. Raises IssuerUnavailable."""
        now = self._monotonic()
        if self._fetching is not None or (self._is_old(now) and self._may_fetch(now)):
            await asyncio.shield(self._fetching or self._fetch())
        if self._provider is None:
            raise IssuerUnavailable
        return self._provider

    def _is_old(self, now: float) -> bool:
        return now - self._fetched_at > self._settings.oidc_keys_seconds

    def _may_fetch(self, now: float) -> bool:
        return self._fetching is None and now - self._tried_at >= self._settings.oidc_refetch_seconds

    def _fetch(self) -> "asyncio.Task[None]":
        self._tried_at = self._monotonic()
        self._fetching = asyncio.create_task(self._fetched())
        return self._fetching

    async def _fetched(self) -> None:
        try:
            async with asyncio.timeout(self._settings.oidc_fetch_seconds):
                self._provider, listed = await discover(self._issuer)
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
