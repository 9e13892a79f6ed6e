"""What the client at an OpenID provider takes: ID tokens, answers, and logout tokens, good and bad."""

import base64
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from joserfc.jwk import RSAKey

from infra.clock import FixedClock
from infra.settings import Settings
from services.api.auth.attempts import Attempt, attempt_of
from services.api.auth.issuer_keys import IssuerKeys
from services.api.auth.openid_client import LOGOUT_EVENT, OpenIdClient, SignedIn, SignInRefused
from services.api.auth.tokens import TokenVerifier
from services.api.http.problems import Problem
from tests.services.api.issuing import NOW, Issuer, serving_issuer

CLOCK = FixedClock(datetime.fromtimestamp(NOW, UTC))
ATTEMPT = Attempt(b"s" * 32, "/")
SECRET = "a secret: with/all"


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with serving_issuer() as serving:
        yield serving


def client_of(issuer: Issuer, **given: Any) -> OpenIdClient:
    settings = Settings(
        oidc_issuer=issuer.url, oidc_client_id="shop", public_url="https://shop.example", **given
    )
    keys = IssuerKeys(issuer.url, settings)
    return OpenIdClient(settings, keys, TokenVerifier(settings, keys, CLOCK), CLOCK)


def id_token(issuer: Issuer, **claims: Any) -> str:
    header = claims.pop("header", {"typ": "JWT"})
    given = {"aud": "shop", "nonce": ATTEMPT.nonce, "sid": "s1", **claims}
    return issuer.token(header=header, **given)


async def signed_in(issuer: Issuer, token: str | None = None, **given: str) -> SignedIn:
    issuer.tokens = {"access_token": issuer.token(), "id_token": token or id_token(issuer)}
    return await client_of(issuer).signed_in(ATTEMPT, {"code": "c", **given})


def test_a_cookie_that_is_no_attempt_is_passed_over() -> None:
    for text in ("", ".", "x", "x.y", "é.é", "A" * 43 + ".Ly9ldmls", "A" * 43 + ".", "A" * 42 + ".Lw"):
        assert attempt_of(text) is None, text
    assert attempt_of(ATTEMPT.cookie) == ATTEMPT


async def test_who_is_signed_in_is_whom_both_tokens_name(issuer: Issuer) -> None:
    found = await signed_in(issuer)
    assert (found.principal.subject, found.principal.role, found.provider_session) == ("ada", "manager", "s1")
    assert (await signed_in(issuer, id_token(issuer, aud=["other", "shop"], azp="shop"))).principal
    assert (await signed_in(issuer, iss=issuer.url)).principal


BAD: dict[str, dict[str, Any]] = {
    "another nonce": {"nonce": "x"},
    "no nonce": {"nonce": None},
    "another client's": {"aud": "clienteling"},
    "given to another client": {"aud": ["shop", "other"], "azp": "other"},
    "another issuer's": {"iss": "https://other.example"},
    "expired": {"exp": NOW - 31},
    "another subject's": {"sub": "ben"},
    "without a key": {"header": {"kid": "third"}},
    "critical": {"header": {"crit": ["kid"]}},
    "forged": {"key": RSAKey.generate_key(2048)},
}


@pytest.mark.parametrize("name", BAD)
async def test_an_id_token_that_is_not_for_this_attempt_is_refused(issuer: Issuer, name: str) -> None:
    with pytest.raises(SignInRefused):
        await signed_in(issuer, id_token(issuer, **BAD[name]))


async def test_an_answer_of_somebody_else_is_refused(issuer: Issuer) -> None:
    for issued_by in ("https://other.example", ""):
        with pytest.raises(SignInRefused):
            await signed_in(issuer, iss=issued_by)
    assert issuer.redeemed == {}
    with pytest.raises(SignInRefused):
        await client_of(issuer).signed_in(ATTEMPT, {"error": "access_denied", "iss": issuer.url})


async def test_a_code_is_redeemed_with_verifier_and_secret(issuer: Issuer) -> None:
    issuer.tokens = {"access_token": issuer.token(), "id_token": id_token(issuer)}
    await client_of(issuer, oidc_client_secret=SECRET).signed_in(ATTEMPT, {"code": "c"})
    asked = issuer.redeemed
    basic = base64.b64decode(asked.pop("authorization").removeprefix("Basic ")).decode()
    assert basic == "shop:a%20secret%3A%20with%2Fall"
    assert asked == {
        "grant_type": "authorization_code",
        "code": "c",
        "redirect_uri": "https://shop.example/auth/callback",
        "code_verifier": ATTEMPT.code_verifier,
    }
    await client_of(issuer).signed_in(ATTEMPT, {"code": "c"})
    assert (issuer.redeemed["client_id"], issuer.redeemed["authorization"]) == ("shop", "")


async def test_a_provider_that_is_away_is_said(issuer: Issuer) -> None:
    client = client_of(issuer)
    address = await client.authorization_url(ATTEMPT)
    assert dict(parse_qsl(urlsplit(address).query))["tenant"] == "1"
    issuer.broken = True
    with pytest.raises(Problem) as raised:
        await client.signed_in(ATTEMPT, {"code": "c"})
    assert raised.value.code == "issuer_unavailable"
    with pytest.raises(Problem) as raised:
        await client_of(issuer).authorization_url(ATTEMPT)
    assert raised.value.code == "issuer_unavailable"


def logout_token(issuer: Issuer, **claims: Any) -> str:
    header = claims.pop("header", {"typ": "logout+jwt"})
    given = {"aud": "shop", "iat": NOW, "jti": "j", "events": {LOGOUT_EVENT: {}}, "sid": "s1", **claims}
    return issuer.token(header=header, **given)


async def test_a_logout_token_names_a_session_or_a_subject(issuer: Issuer) -> None:
    client = client_of(issuer)
    told = await client.logout_of(logout_token(issuer))
    assert (told.sid, told.sub) == ("s1", "ada")
    assert (await client.logout_of(logout_token(issuer, sid=None))).sub == "ada"
    assert (await client.logout_of(logout_token(issuer, header={"typ": None}))).sid == "s1"


@pytest.mark.parametrize(
    "claims",
    [
        {"events": {}},
        {"events": None},
        {"nonce": "n"},
        {"nonce": None, "aud": "other"},
        {"iss": "https://other.example"},
        {"iat": NOW - 120},
        {"iat": NOW + 31},
        {"jti": None},
        {"sid": None, "sub": None},
        {"header": {"typ": "at+jwt"}},
        {"header": {"kid": "third"}},
    ],
)
async def test_what_is_no_logout_token_is_refused(issuer: Issuer, claims: dict[str, Any]) -> None:
    with pytest.raises(SignInRefused):
        await client_of(issuer).logout_of(logout_token(issuer, **claims))
