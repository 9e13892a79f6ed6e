"""The log itself, asked over HTTP: what a consumer missed, how often the log was set back, and proof."""

import json
from asyncio import sleep, to_thread
from collections.abc import AsyncIterator, Callable
from http.client import HTTPException
from time import monotonic
from typing import Any, Final, Protocol
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import msgspec

from clienteling_events.lineage import Epoch, Lineage
from clienteling_events.message import EventMessage, message_from_line
from clienteling_events.ranges import EventRange

#: Who answers so is asked again: too many requests, and errors of a server or of what is before it.
_LATER: Final = (429, 500, 502, 503, 504)
_LATER_SECONDS: Final = 1
_UNAUTHORIZED: Final = 401


class Refused(RuntimeError):
    """The API refuses to answer: the token is not taken (401), lacks the scope (403), or asks for what is not
    there. `status` is that of the answer.
    """

    def __init__(self, path: str, status: int, said: str) -> None:
        super().__init__(f"{path} answers {status}: {said}")
        self.status = status


class History(Protocol):
    """Answers what cannot be known from the stream."""

    async def lineage(self) -> Lineage:
        """The epochs of the log."""
        ...

    async def end(self) -> int:
        """The position where the log ends now."""
        ...

    def events(self, after: int, up_to: int) -> AsyncIterator[list[EventMessage]]:
        """The events of the log behind a position up to another, in pages."""
        ...

    async def ranges(self, first: int, last: int) -> list[EventRange]:
        """Count and hash of the events from one position to another, by range."""
        ...


class HttpHistory:
    """The log behind `url`, the address of clienteling's API. `token` gives an access token each time.

    A request lasts `seconds` at most. One that is told to come again later (429), that meets an error of the
    server (5xx), or whose connection is refused or lost, does, for up to `patience_seconds` in all; then the
    error is raised (an OSError). A token that is not taken (401) is asked for once more. Raises Refused.
    """

    def __init__(
        self,
        url: str,
        token: Callable[[], str] | None = None,
        *,
        seconds: float = 30,
        patience_seconds: float = 120,
    ) -> None:
        if not url.startswith(("http://", "https://")):
            raise ValueError("the address of the API begins with http:// or https://")
        self._url = url.rstrip("/")
        self._token = token
        self._seconds = seconds
        self._patience_seconds = patience_seconds

    async def lineage(self) -> Lineage:
        """The epochs of the log."""
        return Lineage(msgspec.convert((await self._json("/v1/events/epochs"))["epochs"], list[Epoch]))

    async def end(self) -> int:
        """The position where the log ends now."""
        _, headers = await self._answer("/v1/events/epochs", {})
        return int(headers["Clienteling-Position"])

    async def events(self, after: int, up_to: int) -> AsyncIterator[list[EventMessage]]:
        """The events of the log behind a position up to another, in pages."""
        while after < up_to:
            body, headers = await self._answer("/v1/events", {"after": after, "limit": 200})
            page = [message_from_line(line) for line in body.splitlines()]
            if wanted := [one for one in page if one.position <= up_to]:
                yield wanted
            reached = int(headers["Clienteling-Position"])
            if reached == after:
                return
            after = reached

    async def ranges(self, first: int, last: int) -> list[EventRange]:
        """Count and hash of the events from one position to another, by range."""
        found: list[EventRange] = []
        begin: int | None = first
        while begin is not None and begin <= last:
            page = await self._json("/v1/events/ranges", {"from": begin, "to": last})
            found += msgspec.convert(page["ranges"], list[EventRange])
            begin = page["next"]
        return found

    async def _json(self, path: str, parameters: dict[str, int] | None = None) -> Any:
        body, _ = await self._answer(path, parameters or {})
        return json.loads(body)

    async def _answer(self, path: str, parameters: dict[str, int]) -> tuple[bytes, Any]:
        waited, refused_before = 0.0, False
        while True:
            began = monotonic()
            try:
                return await to_thread(self._get, path, parameters)
            except HTTPError as error:
                if error.code == _UNAUTHORIZED and self._token and not refused_before:
                    # It may have expired a moment ago.
                    error.close()
                    refused_before = True
                    continue
                if error.code not in _LATER:
                    raise Refused(path, error.code, error.read(500).decode(errors="replace")) from None
                said = error.headers.get("Retry-After", "")
                pause = int(said) if said.isdecimal() else _LATER_SECONDS
                waited += pause
                if waited > self._patience_seconds:
                    raise
                error.close()
            except (OSError, HTTPException) as error:
                # Refused, lost, or not answered in time: it may be starting.
                pause = _LATER_SECONDS
                waited += pause + monotonic() - began
                if waited > self._patience_seconds:
                    if isinstance(error, OSError):
                        raise
                    raise ConnectionError(f"{path} was not answered whole") from error
            await sleep(pause)

    def _get(self, path: str, parameters: dict[str, int]) -> tuple[bytes, Any]:
        headers = {"Authorization": f"Bearer {self._token()}"} if self._token else {}
        request = Request(f"{self._url}{path}?{urlencode(parameters)}", headers=headers)  # noqa: S310 - checked
        with urlopen(request, timeout=self._seconds) as answer:  # noqa: S310 - checked above
            return answer.read(), answer.headers
