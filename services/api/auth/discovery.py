"""What an OpenID provider says of itself: its discovery document (OpenID Connect Discovery 1.0) and keys."""

from typing import Any, Final

import httpx
import msgspec
from joserfc.jwk import Key, KeySet

DISCOVERY: Final = "/.well-known/openid-configuration"
DOCUMENT_BYTES_MAX: Final = 1_048_576


class Provider(msgspec.Struct, frozen=True):
    """What the discovery document says, as far as it is used here."""

    issuer: str
    jwks_uri: str
    authorization_endpoint: str | None = None
    token_endpoint: str | None = None
    end_session_endpoint: str | None = None
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    #: RFC 9207: whether its answers name the issuer.
    authorization_response_iss_parameter_supported: bool = False

    @property
    def addresses(self) -> tuple[str, ...]:
        """Where it is asked."""
        given = (
            self.jwks_uri, self.authorization_endpoint, self.token_endpoint, self.end_session_endpoint,
        )  # fmt: skip
        return tuple(address for address in given if address is not None)


async def discover(issuer: str) -> tuple[Provider, dict[str, Key]]:
    """A provider, and the public keys that it lists for signatures, by `kid`.

    The discovery document must be the issuer's own (section 4.3), and its addresses as safe as the issuer's.
    Raises one of issuer_keys.FAILURES.
    """
    async with httpx.AsyncClient(follow_redirects=False) as client:
        found = await json_of(client, "GET", issuer.rstrip("/") + DISCOVERY)
        provider = msgspec.convert(found, Provider)
        if provider.issuer != issuer:
            raise ValueError("the discovery document names another issuer")
        safe = "https://" if issuer.startswith("https://") else "http"
        if not all(address.startswith(safe) for address in provider.addresses):
            raise ValueError("the provider has an address that is not https")
        document = await json_of(client, "GET", provider.jwks_uri)
    # Symmetric keys and private ones have no place in a list that anybody can read.
    given = [one for one in document["keys"] if one.get("kty") in ("RSA", "EC", "OKP") and "d" not in one]
    keys = KeySet.import_key_set({"keys": [one for one in given if one.get("use", "sig") == "sig"]})
    return provider, {str(key.kid): key for key in keys}


async def json_of(client: httpx.AsyncClient, method: str, address: str, **given: Any) -> dict[str, Any]:
    """The JSON object that an address answers with. Raises one of issuer_keys.FAILURES."""
    async with client.stream(method, address, **given) as response:
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
