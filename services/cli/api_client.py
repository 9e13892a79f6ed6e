"""Reading the API as any other program would: JSON over HTTP on this machine."""

import time
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlencode
from urllib.request import Request, urlopen

import msgspec

from infra.settings import Settings
from services.api.auth.own_keys import sign_token


class CannotRead(RuntimeError):
    """The API did not answer, or answered with a problem."""


class Api:
    """The API of this data directory, as its settings address it."""

    def __init__(self, settings: Settings) -> None:
        self.address = f"http://{settings.api_host}:{settings.api_port}"
        #: Of somebody who reads all and changes nothing.
        self._token = sign_token(settings, role="auditor", hours=1)

    def get(self, *path: str, **parameters: Any) -> Any:
        """The JSON at a path. Raises CannotRead."""
        given = {name: value for name, value in parameters.items() if value is not None}
        url = f"{self.address}/{'/'.join(quote(part, safe='') for part in path)}?{urlencode(given)}"
        try:
            # The address is that of our own settings, never a file.
            request = Request(url, headers={"Authorization": f"Bearer {self._token}"})  # noqa: S310
            with urlopen(request, timeout=60) as answer:  # noqa: S310
                return msgspec.json.decode(answer.read())
        except HTTPError as error:
            raise CannotRead(f"{url}: {error.code} {error.read().decode(errors='replace')[:500]}") from error
        except (URLError, OSError, HTTPException, msgspec.DecodeError) as error:
            raise CannotRead(f"{url}: {error}") from error

    def wait_until_up(self, within_seconds: float) -> None:
        """Until the API answers at all. Raises CannotRead when it does not."""
        deadline = time.monotonic() + within_seconds
        while True:
            try:
                self.get("healthz")
                return
            except CannotRead:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
