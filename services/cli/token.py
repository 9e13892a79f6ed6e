"""`clienteling token`: a signed access token, for development and the demo."""

from typing import Annotated

from cyclopts import Parameter

from infra.settings import Settings
from services.api.auth.own_keys import sign_token
from services.api.auth.principal import Role
from services.cli.output import WrongUsage, say

HOURS_MAX = 24 * 31


def token(
    *,
    role: Role,
    associate: Annotated[str | None, Parameter(help="The associate's id, ass_….")] = None,
    store: Annotated[tuple[str, ...], Parameter(help="A store that the token is for; may be repeated.")] = (),
    scope: Annotated[tuple[str, ...], Parameter(help="A scope of a service; may be repeated.")] = (),
    hours: Annotated[float, Parameter(help="How long the token is valid.")] = 8,
) -> int:
    """Print a token signed by the key in the data directory."""
    settings = Settings.from_env()
    if settings.oidc_issuer is not None:
        raise WrongUsage(
            "CLIENTELING_OIDC_ISSUER is set: only that provider's tokens are taken; ask it for one"
        )
    if not 0 < hours <= HOURS_MAX:
        raise WrongUsage(f"--hours is more than 0 and at most {HOURS_MAX}")
    signed = sign_token(
        settings, role=role, associate_id=associate, stores=store, scopes=" ".join(scope), hours=hours
    )
    say(signed)
    return 0
