"""A real OpenID provider (the npm package oidc-provider) on loopback, with keys and clients of a test."""

import json
import subprocess
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from joserfc.jwk import ECKey, Key, RSAKey

from tests.node import NODE

ROOT = Path(__file__).parents[3]
PACKAGES = ROOT / ".tools" / "oidc_provider"
PROGRAM = ROOT / "toolchain" / "oidc_provider" / "provider.mjs"
MANAGER = {"clienteling_role": "manager", "clienteling_stores": ["downtown"]}
CLIENTS: Sequence[Mapping[str, Any]] = (
    {"id": "ada", "claims": MANAGER},
    {"id": "short", "claims": MANAGER, "seconds": 1},
    {"id": "stranger", "claims": MANAGER, "audience": "others"},
    {"id": "nobody", "claims": {}},
    {"id": "long", "claims": {**MANAGER, "more": "x" * 9_000}},
)
#: Who signs in with a browser, and their claims; of anybody else the provider says nothing.
PEOPLE: Mapping[str, Mapping[str, Any]] = {"mona": MANAGER, "stranger": {}}


def rsa_key(kid: str) -> RSAKey:
    """A key that signs with RS256."""
    return RSAKey.generate_key(2048, {"kid": kid, "use": "sig", "alg": "RS256"}, private=True)


def ec_key(kid: str) -> ECKey:
    """A key that signs with ES256."""
    return ECKey.generate_key("P-256", {"kid": kid, "use": "sig", "alg": "ES256"}, private=True)


@contextmanager
def provider_at(port: int, *keys: Key, browsers: Sequence[Mapping[str, Any]] = ()) -> Generator[str]:
    """The issuer of a provider that runs until the block is left; its first key signs.

    `browsers` are the clients where people sign in, as toolchain/oidc_provider/provider.mjs has them.
    """
    if not PACKAGES.is_dir():
        raise RuntimeError("the OpenID provider is not installed: run `sh toolchain/setup.sh npm`")
    options = {
        "port": port,
        "keys": [key.as_dict(private=True) for key in keys],
        "audience": "clienteling",
        "people": PEOPLE,
        "clients": [*CLIENTS, *({"claims": {}, **each} for each in browsers)],
    }
    command = (NODE, str(PROGRAM), str(PACKAGES), json.dumps(options))
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            if process.stdout.readline() != "listening\n":
                process.kill()
                raise RuntimeError(f"the OpenID provider did not start: {process.communicate()[1]}")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.communicate(timeout=30)


async def token_from(issuer: str, client_id: str = "ada") -> str:
    """An access token that the provider issues to one of CLIENTS."""
    async with httpx.AsyncClient() as client:
        configuration = (await client.get(f"{issuer}/.well-known/openid-configuration")).json()
        answer = await client.post(
            configuration["token_endpoint"],
            data={"grant_type": "client_credentials", "scope": "sales"},
            auth=(client_id, client_id),
        )
    answer.raise_for_status()
    return str(answer.json()["access_token"])
