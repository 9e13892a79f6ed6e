"""Which services of the house run: by their heartbeats, by their connections to the database, and by who
holds the locks.
"""

from typing import Final

import psutil

from infra.clock import SYSTEM_CLOCK
from infra.projection_store.health import silent_after
from infra.projection_store.heartbeats import Heartbeat, heartbeats, host_name
from infra.runtime import Runtime
from infra.serve_all_lock import database_holder, directory_holder

#: The API has no heartbeat; it keeps a connection under this name.
_API: Final = (
    "SELECT DISTINCT coalesce(host(client_addr), 'this machine') FROM pg_stat_activity "
    "WHERE application_name LIKE 'clienteling api%' AND datname = current_database()"
)


def services_alive_of(runtime: Runtime) -> list[str]:
    """Every service that runs on this house, in words."""
    alive: list[str] = []
    settings, database_url = runtime.settings, runtime.servers.database_url
    if holder := directory_holder(settings) or database_holder(settings, database_url):
        alive.append(f"serve all ({holder})")
    with runtime.connect("who is alive") as connection:
        alive += [
            f"serve {beat.service} ({beat.instance})"
            for beat in heartbeats(connection)
            if _lives(beat, settings.service_heartbeat_seconds)
        ]
        alive += [f"serve api (on {where})" for (where,) in connection.execute(_API)]
    return alive


def _lives(beat: Heartbeat, heartbeat_seconds: float) -> bool:
    host, _, pid = beat.instance.rpartition(":")
    # Of a process on this machine it is known whether it is there, also when it was killed or hangs.
    if host == host_name() and pid.isdecimal():
        return psutil.pid_exists(int(pid))
    return (SYSTEM_CLOCK.now() - beat.at).total_seconds() < silent_after(heartbeat_seconds)
