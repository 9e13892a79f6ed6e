"""A browser of the tests: one cookie jar for the API in this process and for the pages of a real provider."""

import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from infra.settings import Settings
from services.api.auth.own_keys import sign_token
from services.api.auth.principal import Role
from services.api.http.application import Api
from tests.services.api.documented import check_problem_is_documented

ORIGIN = "https://shop.example"
SESSION_COOKIE = "__Host-clienteling_session"
ATTEMPT_COOKIE = "__Host-clienteling_sign_in"
FORM = re.compile(r'<form[^>]* action="([^"]+)"[^>]*>.*?name="prompt" value="(\w+)"', re.DOTALL)


class Browser:
    """Asks the API as a page of its own does, and follows the provider's pages."""

    def __init__(self, app: httpx.AsyncClient, provider: httpx.AsyncClient) -> None:
        self.app = app
        self.provider = provider

    async def get(self, path: str, **headers: str) -> httpx.Response:
        return await self.app.get(path, headers=headers)

    async def post(self, path: str, body: Any = None, **headers: str) -> httpx.Response:
        """What a script of our own pages posts; `csrf` is the token that it sends."""
        csrf = headers.pop("csrf", None)
        given = {"Origin": ORIGIN, "Sec-Fetch-Site": "same-origin", **headers}
        given |= {} if csrf is None else {"X-CSRF-Token": csrf}
        given = {name: value for name, value in given.items() if value}
        return await self.app.post(path, json={} if body is None else body, headers=given)

    async def csrf(self) -> str:
        """The token of the session that lasts."""
        answer = await self.app.get("/v1/session")
        assert answer.status_code == 200, answer.text
        return str(answer.json()["csrf_token"])

    async def register(self, csrf: str | None, key: str, **headers: str) -> httpx.Response:
        """A command."""
        given = {"csrf": csrf} if csrf is not None else {}
        path = "/v1/commands/register-customer"
        return await self.post(path, **given, **{"Idempotency-Key": key}, **headers)

    @property
    def session_id(self) -> str | None:
        return self.app.cookies.get(SESSION_COOKIE)

    async def sign_in_with(
        self, settings: Settings, role: Role = "manager", hours: float = 8, **claims: Any
    ) -> httpx.Response:
        """Sign in with a token for development."""
        token = sign_token(settings, role=role, hours=hours, **claims)
        return await self.post("/auth/sign-in", {"token": token})

    async def at_provider(self, login: str, return_to: str = "/docs") -> str:
        """Begin to sign in, and sign in at the provider: the address that it sends the browser back to."""
        begun = await self.app.get("/auth/sign-in", params={"return_to": return_to})
        assert begun.status_code == 303, begun.text
        return await self.through_pages(begun.headers["Location"], login)

    async def through_pages(self, address: str, login: str) -> str:
        """Follow the provider's pages from an address, until it leads back to us."""
        answer = await self.provider.get(address)
        while True:
            if answer.is_redirect:
                address = str(answer.next_request.url) if answer.next_request else ""
                if address.startswith(ORIGIN):
                    return address
                answer = await self.provider.get(address)
                continue
            assert answer.status_code == 200, answer.text
            form = re.search(
                r'<form[^>]* action="([^"]+)"[^>]*>.*?name="prompt" value="(\w+)"', answer.text, re.S
            )
            assert form is not None, answer.text
            fields = {"prompt": form[2], "login": login, "password": "x"}
            answer = await self.provider.post(form[1], data=fields)

    async def sign_in(self, login: str = "mona") -> httpx.Response:
        """Sign in at the provider, and come back."""
        return await self.app.get(await self.at_provider(login))


@asynccontextmanager
async def browser_of(api: Api, origin: str = ORIGIN) -> AsyncGenerator[Browser]:
    """A new browser."""
    transport = httpx.ASGITransport(api, raise_app_exceptions=False)
    hooks = {"response": [check_problem_is_documented]}
    async with (
        httpx.AsyncClient(transport=transport, base_url=origin, event_hooks=hooks) as app,
        httpx.AsyncClient() as provider,
    ):
        yield Browser(app, provider)


def code_of(answer: httpx.Response) -> tuple[int, str | None]:
    """The status of an answer, and the code of its problem."""
    return answer.status_code, answer.json().get("code")
