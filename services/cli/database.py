"""`clienteling database`: the tables of a PostgreSQL that somebody else runs, and who may do what there."""

import msgspec
from cyclopts import App

from infra.database import prepare_database
from infra.embedded import ensure_servers
from infra.postgres.roles import ROLES_AS_SQL, SERVICES
from infra.settings import Settings
from services.cli.output import Output, remark, say

app = App(name="database", help_format="plaintext")


class Prepared(msgspec.Struct, frozen=True, kw_only=True):
    """`roles` have their rights; the others of ours were never made in this cluster."""

    roles: list[str]
    missing: list[str]


@app.command
def roles() -> None:
    """Print the SQL that makes the roles of the services, for a superuser to run.

    They have no passwords then: give them some with `\\password` of psql, or let
    them in by certificates. Roles that are there stay as they are.

    For example:

        clienteling database roles | psql --username postgres
    """
    say(ROLES_AS_SQL)


@app.command
def prepare(*, output: Output = Output()) -> int:
    """Migrate every table and give the roles of the services their rights.

    For CLIENTELING_DATABASE_URL, whose user owns the tables. Services that have
    addresses of their own may not make tables: run it before they start, also
    before those of a new release. All else that the owner runs does so, too.

    For example:

        clienteling database prepare
    """
    settings = Settings.from_env()
    with ensure_servers(settings, nats=False) as servers:
        found = prepare_database(settings, servers.database_url)
    missing = [role.in_database for role in SERVICES if role not in found]
    if missing:
        remark(
            f"There is no role {', '.join(missing)} here; `clienteling database roles` says how to make them."
        )
    prepared = Prepared(roles=[role.in_database for role in found], missing=missing)
    output.show(prepared, _draw)
    return 0


def _draw(prepared: Prepared) -> None:
    say(f"roles  {', '.join(prepared.roles) or 'none'}")
