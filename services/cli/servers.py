"""`clienteling servers`: where PostgreSQL and NATS are, and programs of yours run on them."""

import os
import shutil
import subprocess
from typing import Annotated
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import msgspec
from cyclopts import App, Parameter

from infra.embedded import ensure_servers, program_folder
from infra.nats import NatsRole, nats_key_file
from infra.postgres import program_environment
from infra.settings import Settings, environment_with
from services.cli.output import Output, WrongUsage, complain, say

app = App(name="servers", help_format="plaintext")

NOT_FOUND = 127


class Addresses(msgspec.Struct, frozen=True, kw_only=True):
    """Where the servers are.

    Without passwords; `servers run` gives those to programs.

    `embedded`: they run as long as a process of this data directory does, and no longer.
    """

    database_url: str
    nats_url: str
    embedded: list[str]
    programs: str


@app.command
def show(*, output: Output = Output()) -> int:
    """Show the addresses of the servers, and where PostgreSQL's programs lie.

    For example:

        clienteling servers show
    """
    settings = Settings.from_env()
    with ensure_servers(settings) as servers:
        embedded = {"postgresql": settings.embeds_database, "nats": settings.nats_url is None}
        addresses = Addresses(
            database_url=without_password(servers.database_url),
            nats_url=",".join(map(without_password, servers.nats_url.split(","))),
            embedded=[name for name, is_embedded in embedded.items() if is_embedded],
            programs=str(program_folder()),
        )
    output.show(addresses, _draw)
    return 0


@app.command(name="run")
def run_(
    *command: Annotated[
        str, Parameter(help="The program and its arguments, e.g. psql.", allow_leading_hyphen=True)
    ],
) -> int:
    """Run a program on the servers, which are started for it if nobody else uses them; its exit code.

    It finds the database by PGHOST, PGPORT, PGUSER and PGDATABASE, NATS by
    NATS_URL and NATS_NKEY, and pg_dump, pg_restore, psql and pg_basebackup of
    the right version in its PATH. No tables are made.

    For example:

        clienteling servers run psql
        clienteling servers run pg_dump --format=custom --file=log.dump
    """
    if not command:
        raise WrongUsage("say which program is to be run, e.g. `clienteling servers run psql`")
    settings = Settings.from_env()
    with ensure_servers(settings) as servers:
        path = os.pathsep.join([str(program_folder()), *os.get_exec_path()])
        found = shutil.which(command[0], path=path)
        if found is None:
            complain(f"there is no program {command[0]}")
            return NOT_FOUND
        more = {**program_environment(servers.database_url), "NATS_URL": servers.nats_url, "PATH": path}
        if (key := nats_key_file(settings, NatsRole.OPS)) is not None:
            more["NATS_NKEY"] = str(key)
        try:
            return subprocess.run([found, *command[1:]], env=environment_with(more), check=False).returncode
        except OSError as error:
            complain(f"{command[0]} cannot be run: {error}")
            return NOT_FOUND


def without_password(url: str) -> str:
    """An address as it may be shown: whose it is stays, a password and a token do not."""
    parts = urlsplit(url)
    user, at, host = parts.netloc.rpartition("@")
    name = user.partition(":")[0] if ":" in user or parts.scheme.startswith("postgres") else ""
    query = urlencode([one for one in parse_qsl(parts.query) if one[0] not in ("password", "sslpassword")])
    return urlunsplit(parts._replace(netloc=f"{name}{at if name else ''}{host}", query=query))


def _draw(addresses: Addresses) -> None:
    say(f"PostgreSQL  {addresses.database_url}")
    say(f"NATS        {addresses.nats_url}")
    say(f"programs    {addresses.programs}")
