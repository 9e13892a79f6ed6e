"""Access tokens: what is verified, which are refused, and how keys are rotated."""

import base64
import hmac
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import RSAKey

from infra.clock import FixedClock
from infra.settings import Settings
from services.api.auth.issuer_keys import IssuerKeys
from services.api.auth.own_keys import key_file_of, sign_token
from services.api.auth.principal import Principal
from services.api.auth.sign_in import keys_of
from services.api.auth.tokens import TokenVerifier
from services.api.http.problems import Problem
from tests.services.api.issuing import ASSOCIATE, NOW, Issuer, serving_issuer

CLOCK = FixedClock(datetime.fromtimestamp(NOW, UTC))


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with serving_issuer() as serving:
        yield serving


def verifier_of(issuer: Issuer, clock: FixedClock = CLOCK, **given: Any) -> TokenVerifier:
    settings = Settings(oidc_issuer=issuer.url, **given)
    return TokenVerifier(settings, keys_of(settings), clock)


async def refused(verifier: TokenVerifier, token: str, code: str = "token_refused") -> None:
    with pytest.raises(Problem) as raised:
        await verifier.principal_of(token.encode())
    assert raised.value.code == code


def unsigned(issuer: Issuer) -> str:
    payload = issuer.token().split(".")[1]
    header = json.dumps({"typ": "at+jwt", "alg": "none", "kid": "first"}).encode()
    return f"{base64.urlsafe_b64encode(header).rstrip(b'=').decode()}.{payload}."


def signed_with_public_key(issuer: Issuer) -> str:
    header = base64.urlsafe_b64encode(json.dumps({"typ": "at+jwt", "alg": "HS256", "kid": "first"}).encode())
    given = f"{header.rstrip(b'=').decode()}.{issuer.token().split('.')[1]}"
    signature = hmac.digest(issuer.key.as_pem(private=False), given.encode(), "sha256")
    return f"{given}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def forged(issuer: Issuer) -> str:
    return issuer.token(key=RSAKey.generate_key(2048))


def altered(issuer: Issuer) -> str:
    head, _, signature = issuer.token().split(".")
    return f"{head}.{issuer.token(sub='mallory').split('.')[1]}.{signature}"


BAD: dict[str, Callable[[Issuer], str]] = {
    "no token": lambda _: "x",
    "unsigned": unsigned,
    "HS256 with the public key": signed_with_public_key,
    "forged": forged,
    "altered": altered,
    "expired": lambda issuer: issuer.token(exp=NOW - 31),
    "not yet valid": lambda issuer: issuer.token(nbf=NOW + 31),
    "without an end": lambda issuer: issuer.token(exp=None),
    "without a subject": lambda issuer: issuer.token(sub=None),
    "an empty subject": lambda issuer: issuer.token(sub=""),
    "a subject longer than 255": lambda issuer: issuer.token(sub="s" * 256),
    "another audience": lambda issuer: issuer.token(aud=["others"]),
    "another issuer": lambda issuer: issuer.token(iss="https://elsewhere.example"),
    "unknown kid": lambda issuer: issuer.token(header={"kid": "third"}),
    "no kid": lambda issuer: issuer.token(header={"kid": None}),
    "crit": lambda issuer: issuer.token(header={"crit": ["kid"]}),
    "an ID token": lambda issuer: issuer.token(header={"typ": "JWT"}),
    "no type": lambda issuer: issuer.token(header={"typ": None}),
    "oversized": lambda issuer: issuer.token(more="x" * 9_000),
}


async def test_a_token_names_a_principal(issuer: Issuer) -> None:
    found = await verifier_of(issuer).principal_of(issuer.token(scope="a b").encode())
    assert found == Principal(
        subject="ada",
        role="manager",
        associate_id=ASSOCIATE,
        stores=frozenset({"downtown"}),
        scopes=frozenset({"a", "b"}),
    )


@pytest.mark.parametrize("bad", BAD)
async def test_a_bad_token_is_refused(issuer: Issuer, bad: str) -> None:
    verifier = verifier_of(issuer)
    await verifier.principal_of(issuer.token().encode())
    await refused(verifier, BAD[bad](issuer))


async def test_a_clock_may_be_off_by_the_skew(issuer: Issuer) -> None:
    verifier = verifier_of(issuer)
    await verifier.principal_of(issuer.token(exp=NOW - 29, nbf=NOW + 29).encode())


async def test_a_token_of_no_known_role_is_refused(issuer: Issuer) -> None:
    await refused(verifier_of(issuer), issuer.token(clienteling_role="king"), "role_missing")


async def test_the_type_may_be_said_in_full(issuer: Issuer) -> None:
    in_full = issuer.token(header={"typ": "application/AT+JWT"}).encode()
    assert (await verifier_of(issuer).principal_of(in_full)).subject == "ada"


async def test_any_type_is_taken_where_the_settings_say_so(issuer: Issuer) -> None:
    verifier = verifier_of(issuer, oidc_typ="any")
    assert (await verifier.principal_of(issuer.token(header={"typ": "JWT"}).encode())).subject == "ada"


async def test_a_remembered_token_expires(issuer: Issuer) -> None:
    clock = FixedClock(datetime.fromtimestamp(NOW, UTC))
    verifier, token = verifier_of(issuer, clock), issuer.token()
    await verifier.principal_of(token.encode())
    clock.set(datetime.fromtimestamp(NOW + 91, UTC))
    await refused(verifier, token)


async def test_keys_are_rotated_without_a_refused_token(issuer: Issuer) -> None:
    verifier, old = verifier_of(issuer, oidc_refetch_seconds=0), issuer.token()
    await verifier.principal_of(old.encode())
    unseen = issuer.token(sub="eve")
    issuer.rotate()
    for token in (issuer.token(), old, unseen):
        await verifier.principal_of(token.encode())
    assert issuer.fetches == 2


async def test_a_retired_key_verifies_no_longer_than_the_settings_say(issuer: Issuer) -> None:
    verifier, old = verifier_of(issuer, oidc_refetch_seconds=0, oidc_retired_key_seconds=0), issuer.token()
    await verifier.principal_of(old.encode())
    issuer.rotate()
    await verifier.principal_of(issuer.token().encode())
    await refused(verifier, old)


async def test_a_retired_key_ends_on_time_though_nothing_is_fetched_any_more(issuer: Issuer) -> None:
    given = Settings(oidc_issuer=issuer.url, oidc_refetch_seconds=0, oidc_keys_seconds=86_400)
    at = 0.0
    keys = IssuerKeys(issuer.url, given, monotonic=lambda: at)
    assert await keys.key("first") is not None
    issuer.rotate()
    assert await keys.key("second") is not None
    at = given.oidc_retired_key_seconds - 1.0
    assert keys.known("first") is not None
    at += 2.0
    assert keys.known("first") is None
    assert keys.known("second") is not None


async def test_the_keys_of_another_issuer_are_not_taken(issuer: Issuer) -> None:
    issuer.named = "http://127.0.0.1:1"
    await refused(verifier_of(issuer), issuer.token(), "issuer_unavailable")


async def test_unknown_kids_do_not_make_many_fetches(issuer: Issuer) -> None:
    verifier = verifier_of(issuer)
    await verifier.principal_of(issuer.token().encode())
    for number in range(20):
        await refused(verifier, issuer.token(header={"kid": f"none {number}"}))
    assert issuer.fetches == 1


async def test_a_provider_that_is_away_stops_nobody_whose_key_is_at_hand(issuer: Issuer) -> None:
    verifier = verifier_of(issuer, oidc_refetch_seconds=0)
    await verifier.principal_of(issuer.token().encode())
    issuer.broken = True
    await refused(verifier, issuer.token(header={"kid": "third"}), "issuer_unavailable")
    assert (await verifier.principal_of(issuer.token(sub="eve").encode())).subject == "eve"


async def test_an_own_token_is_verified_by_the_key_in_the_data_directory(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    clock = FixedClock(datetime.now(UTC))
    verifier = TokenVerifier(settings, keys_of(settings), clock)
    token = sign_token(settings, role="auditor", hours=1)
    assert (await verifier.principal_of(token.encode())).role == "auditor"
    assert key_file_of(settings).stat().st_mode & 0o777 == 0o600
    other = sign_token(
        Settings(data_dir=tmp_path / "other"),
        role="auditor",
        hours=1,
    )
    await refused(verifier, other)


async def test_an_own_token_is_refused_as_soon_as_an_issuer_is_set(issuer: Issuer, tmp_path: Path) -> None:
    token = sign_token(Settings(data_dir=tmp_path), role="auditor", hours=1)
    await refused(verifier_of(issuer, FixedClock(datetime.now(UTC)), data_dir=tmp_path), token)


async def test_after_a_sign_out_everywhere_older_tokens_are_refused(issuer: Issuer) -> None:
    settings = Settings(oidc_issuer=issuer.url)
    out: dict[str, datetime] = {}
    verifier = TokenVerifier(settings, keys_of(settings), CLOCK, out.get)
    # The provider's clock may be ahead by as much as is allowed for.
    before = [issuer.token(iat=given) for given in (None, NOW - 60, NOW, NOW + 30)]
    after = [issuer.token(iat=NOW + 31), issuer.token(sub="ben", iat=NOW - 60)]
    for token in (*before, *after):
        await verifier.principal_of(token.encode())
    out["ada"] = CLOCK.now()
    for token in before:
        await refused(verifier, token)
    for token in after:
        await verifier.principal_of(token.encode())
