"""Tokens for tests whose subject is something else: of a service that may do everything."""

from functools import cache
from pathlib import Path

from infra.settings import Settings
from services.api.auth.own_keys import sign_token
from services.api.auth.permissions import COMMANDS, MAINTENANCE, READS

EVERY_SCOPE = " ".join(
    sorted({row.scope for row in (*READS.values(), *COMMANDS.values(), *MAINTENANCE.values())})
)


@cache
def every_right(data_dir: Path) -> dict[str, str]:
    """The header of a token of this data directory."""
    settings = Settings(data_dir=data_dir)
    token = sign_token(settings, role="service", scopes=EVERY_SCOPE, hours=24)
    return {"Authorization": f"Bearer {token}"}
