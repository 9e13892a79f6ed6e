"""Tokens for development: signed by a key in the data directory, refused as soon as an issuer is set."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from joserfc import jwt
from joserfc.jwk import Key, OKPKey

from infra.clock import SYSTEM_CLOCK
from infra.private_files import require_private
from infra.settings import Settings
from infra.vault.master_key import write_key
from services.api.auth.principal import Role

OWN_ISSUER: Final = "urn:clienteling:data-directory"
ALGORITHM: Final = "Ed25519"
SECONDS_PER_HOUR: Final = 3_600


def key_file_of(settings: Settings) -> Path:
    """Where the signing key is kept."""
    return settings.data_dir / "auth" / "signing_key.pem"


def signing_key(settings: Settings) -> OKPKey:
    """The private key of this data directory, made on first use in a file of its owner's alone.

    Raises FileOpenToOthers when it is not that any more.
    """
    file = key_file_of(settings)
    if not file.exists():
        write_key(file, OKPKey.generate_key("Ed25519").as_pem(private=True))
    require_private(file)
    key = OKPKey.import_key(file.read_bytes())
    key.ensure_kid()
    return key


class OwnKeys:
    """The one key of this data directory, for verification."""

    def __init__(self, settings: Settings) -> None:
        key = signing_key(settings)
        self._kid, self._key = key.kid, OKPKey.import_key(key.as_pem(private=False))

    def known(self, kid: str) -> Key | None:
        """The key, if it is the one that is asked for."""
        return self._key if kid == self._kid else None

    async def key(self, kid: str) -> Key | None:
        """The same; nothing has to be fetched."""
        return self.known(kid)


def sign_token(
    settings: Settings,
    *,
    role: Role,
    associate_id: str | None = None,
    stores: Iterable[str] = (),
    scopes: str = "",
    hours: float,
) -> str:
    """A token signed by the key of the data directory."""
    key = signing_key(settings)
    now = int(SYSTEM_CLOCK.now().timestamp())
    claims = {
        "iss": OWN_ISSUER,
        "aud": settings.oidc_audience,
        "sub": associate_id or role,
        "iat": now,
        "exp": now + int(hours * SECONDS_PER_HOUR),
        settings.oidc_role_claim: role,
        settings.oidc_associate_claim: associate_id,
        settings.oidc_stores_claim: sorted(stores),
        "scope": scopes,
    }
    header = {"typ": "at+jwt", "alg": ALGORITHM, "kid": key.kid}
    given = {name: value for name, value in claims.items() if value not in (None, [], "")}
    return jwt.encode(header, given, key, algorithms=[ALGORITHM])
