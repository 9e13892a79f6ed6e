"""Access tokens of a real OpenID provider at the HTTP API: which are taken or refused, and its new keys."""

import asyncio
import base64
import dataclasses
import hmac
import json
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from uuid import uuid4

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc.jwk import RSAKey

from infra.clock import SYSTEM_CLOCK
from infra.settings import Settings
from services.api.main import create_app
from tests.ports import free_port
from tests.services.api.conftest import client_of, running, servers_of
from tests.services.api.openid_provider import ec_key, provider_at, rsa_key, token_from

pytestmark = pytest.mark.asyncio(loop_scope="module")


@asynccontextmanager
async def api_of(settings: Settings, issuer: str) -> AsyncGenerator[httpx.AsyncClient]:
    """The API that takes this provider's tokens, with no allowance for clocks."""
    given = dataclasses.replace(
        settings, auth="on", oidc_issuer=issuer, oidc_skew_seconds=0, oidc_refetch_seconds=0
    )
    application = create_app(given, servers_of(given), clock=SYSTEM_CLOCK)
    async with running(application), client_of(application) as client:
        yield client


async def answer_to(client: httpx.AsyncClient, token: str) -> tuple[int, str | None]:
    """Status and problem code of a command with this token."""
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": uuid4().hex}
    answer = await client.post("/v1/commands/register-customer", json={}, headers=headers)
    return answer.status_code, answer.json().get("code")


def text_of(content: bytes | dict[str, object]) -> str:
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def parts_of(token: str) -> tuple[dict[str, object], str, str]:
    """Header, payload and signature."""
    header, payload, signature = token.split(".")
    return json.loads(base64.urlsafe_b64decode(header + "==")), payload, signature


def signed_anew(token: str, key: RSAKey, **header: object) -> str:
    """The payload under another key, or with more in the header."""
    given, payload, _ = parts_of(token)
    signed = f"{text_of({**given, **header})}.{payload}"
    private_key = key.private_key
    assert private_key is not None
    return f"{signed}.{text_of(private_key.sign(signed.encode(), PKCS1v15(), SHA256()))}"


def with_public_key_as_secret(token: str, key: RSAKey) -> str:
    given, payload, _ = parts_of(token)
    signed = f"{text_of({**given, 'alg': 'HS256'})}.{payload}"
    return f"{signed}.{text_of(hmac.digest(key.as_pem(private=False), signed.encode(), 'sha256'))}"


def with_other_claims(token: str, **claims: object) -> str:
    header, payload, signature = token.split(".")
    changed = {**json.loads(base64.urlsafe_b64decode(payload + "==")), **claims}
    return f"{header}.{text_of(changed)}.{signature}"


FORGERIES: dict[str, Callable[[str, RSAKey], str]] = {
    "alg none": lambda token, _: f"{text_of({**parts_of(token)[0], 'alg': 'none'})}.{token.split('.')[1]}.",
    "HS256 with the public key": with_public_key_as_secret,
    "another key under the same kid": lambda token, _: signed_anew(token, rsa_key("first")),
    "an unknown kid": lambda token, key: signed_anew(token, key, kid="third"),
    "crit": lambda token, key: signed_anew(token, key, crit=["exp"]),
    "an ID token's type": lambda token, key: signed_anew(token, key, typ="JWT"),
    "another role": lambda token, _: with_other_claims(token, clienteling_role="ops"),
    "a longer life": lambda token, _: with_other_claims(token, exp=9_999_999_999),
}


async def test_only_what_the_provider_issued_for_this_api_is_taken(api_settings: Settings) -> None:
    key, port = rsa_key("first"), free_port()
    with provider_at(port, key) as issuer:
        async with api_of(api_settings, issuer) as client:
            good = await token_from(issuer)
            assert await answer_to(client, good) == (201, None)
            for name, forged in FORGERIES.items():
                assert (name, await answer_to(client, forged(good, key))) == (name, (401, "token_refused"))
            assert await answer_to(client, await token_from(issuer, "stranger")) == (401, "token_refused")
            assert await answer_to(client, await token_from(issuer, "long")) == (401, "token_refused")
            assert await answer_to(client, await token_from(issuer, "nobody")) == (403, "role_missing")
            short = await token_from(issuer, "short")
            await asyncio.sleep(1.1)
            assert await answer_to(client, short) == (401, "token_refused")
            assert await answer_to(client, good) == (201, None)
    async with api_of(api_settings, f"http://127.0.0.1:{free_port()}") as client:
        assert await answer_to(client, good) == (503, "issuer_unavailable")
    with provider_at(free_port(), key) as other:
        async with api_of(api_settings, other) as client:
            assert await answer_to(client, good) == (401, "token_refused")


async def test_new_keys_come_without_a_failed_request(api_settings: Settings) -> None:
    old, new, newest, port = rsa_key("old"), ec_key("new"), ec_key("newest"), free_port()
    with provider_at(port, old) as issuer:
        before = await token_from(issuer)
    answered: list[tuple[int, str | None]] = []
    async with api_of(api_settings, issuer) as client:
        with provider_at(port, old):
            answered.append(await answer_to(client, before))
        # The provider is away for a moment, lists two keys, then a third one alone.
        answered.append(await answer_to(client, before))
        with provider_at(port, new, old):
            answered.extend(await asyncio.gather(
                answer_to(client, before), answer_to(client, await token_from(issuer)),
                answer_to(client, before), answer_to(client, await token_from(issuer)),
            ))  # fmt: skip
        with provider_at(port, newest):
            answered.append(await answer_to(client, await token_from(issuer)))
            answered.append(await answer_to(client, before))
    assert answered == [(201, None)] * 8
