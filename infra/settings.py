"""Every setting of clienteling in one table: name, unit, bounds, default and meaning.

A field `api_port` is read from the environment variable `CLIENTELING_API_PORT`. All of them are checked when a
process starts; a wrong or unknown one ends the start with a sentence that names it. `docs/settings.md` is
written from this table (`python -m infra.settings_page`). This is the only module that reads the environment.
"""

import dataclasses
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from infra.setting_rules import (
    PREFIX,
    RULE,
    Rule,
    SettingsError,
    folder,
    holds,
    key_of_32_bytes,
    loopback,
    one_of,
    one_of_numbers,
    problem,
    seconds,
    server_url,
    unknown,
    variable_of,
    whole_number,
)


def default_data_dir(environ: Mapping[str, str] | None = None) -> Path:
    """Where data lives when nothing is said: the user's XDG data home.

    Not under the current directory: two terminals in different folders would then run two shops without
    telling anyone, and a deleted checkout would take the history with it.
    """
    variables = os.environ if environ is None else environ
    home = variables.get("XDG_DATA_HOME", "")
    # The XDG specification says that a relative path here is to be ignored.
    return (Path(home) if home.startswith("/") else Path("~/.local/share").expanduser()) / "clienteling"


def environment_with(more: Mapping[str, str]) -> dict[str, str]:
    """The environment of a program that we start: ours and more."""
    return {**os.environ, **more}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    """The settings of one process. Building one by hand checks the same bounds as reading the environment."""

    database_url: str | None = server_url(
        schemes=("postgresql", "postgres"),
        default_text="an embedded PostgreSQL in the data directory",
        meaning="PostgreSQL that holds the log, the key store and the projections.",
    )
    nats_url: str | None = server_url(
        schemes=("nats", "tls", "ws", "wss"),
        default_text="an embedded NATS server in the data directory",
        meaning="NATS with JetStream that carries the stream; several servers are separated by commas.",
    )
    data_dir: Path = folder(  # noqa: RUF009 - it gives a dataclass field, whose factory is called for each object
        default_data_dir,
        default_text="`$XDG_DATA_HOME/clienteling`, which is `~/.local/share/clienteling` when unset",
        meaning="Embedded servers keep their data here, and the vault its master key. All processes with the same "
        "directory share one PostgreSQL and one NATS server.",
    )
    vault_key: bytes | None = key_of_32_bytes(
        default_text="the file `vault/master.key` in the data directory, made on first use",
        meaning="The key that wraps every customer's key. Back it up apart from the database: without it no name "
        "can be read again.",
    )

    api_host: str = loopback(
        "127.0.0.1",
        meaning="Address the API listens on. Only loopback is allowed until the API authenticates its callers.",
    )
    api_port: int = whole_number(8000, unit="port", least=1, most=65_535, meaning="Port the API listens on.")
    api_workers: int = whole_number(
        1, unit="processes", least=1, most=64, meaning="Processes that answer the API."
    )
    api_body_bytes_max: int = whole_number(
        1_048_576, unit="bytes", least=1_024, most=104_857_600, meaning="Largest request body that is read."
    )
    api_page_rows_max: int = whole_number(
        200, unit="rows", least=1, most=1_000, meaning="Most rows that one page of an answer holds."
    )

    api_connections_max: int = whole_number(
        10_000,
        unit="connections",
        least=16,
        most=1_000_000,
        meaning="Connections that a process of the API keeps open. One more closes the one that is idle longest. The process "
        "may open as many files and 256 more, or it keeps fewer and says so.",
    )
    api_unfinished_requests_max: int = whole_number(
        512,
        unit="connections",
        least=8,
        most=100_000,
        meaning="Connections of one client address that have not sent a whole request yet, or not all of the next one. One "
        "more closes the oldest of them. Requests that are being answered and idle connections do not count.",
    )
    api_requests_max: int = whole_number(
        512,
        unit="requests",
        least=1,
        most=100_000,
        meaning="Requests that a process of the API works on at the same moment; more wait. `/healthz` never waits.",
    )
    api_request_seconds: float = seconds(
        8,
        least=0.1,
        most=600,
        meaning="Longest wait of a client for an answer to begin. What takes longer is answered with 503 and Retry-After.",
    )
    api_head_seconds: float = seconds(
        10, least=0.1, most=600, meaning="How long a client may take to send a request's line and headers."
    )
    api_body_seconds: float = seconds(
        30, least=0.1, most=3_600, meaning="How long a client may take to send a request's body."
    )
    api_body_idle_seconds: float = seconds(
        10, least=0.1, most=600, meaning="Longest pause of a client while it sends a request's body."
    )
    api_keep_alive_seconds: float = seconds(
        75, least=0.1, most=3_600, meaning="How long an idle connection is kept open after an answer."
    )
    api_write_seconds: float = seconds(
        30,
        least=0.1,
        most=3_600,
        meaning="How long a client may take to read a piece of an answer before its connection is cut.",
    )

    api_commands_waiting_max: int = whole_number(
        2_000,
        unit="commands",
        least=1,
        most=100_000,
        meaning="Commands that may wait for their turn; one more is told to come again later.",
    )
    api_commit_commands_max: int = whole_number(
        256, unit="commands", least=1, most=10_000, meaning="Waiting commands that share one commit."
    )
    api_read_wait_seconds: float = seconds(
        5,
        least=0,
        most=60,
        meaning="Longest wait of a read for the position it asks for with at_least.",
    )

    database_pool_size_min: int = whole_number(
        1, unit="connections", least=0, most=100, meaning="Connections a process keeps open to PostgreSQL."
    )
    database_pool_size_max: int = whole_number(
        10, unit="connections", least=1, most=100, meaning="Most connections a process opens to PostgreSQL."
    )
    database_pool_wait_seconds: float = seconds(
        10, least=0.1, most=600, meaning="Longest wait for a free connection before the caller gets an error."
    )
    database_connect_seconds: float = seconds(
        10, least=1, most=600, meaning="Longest wait for PostgreSQL to accept a connection."
    )
    database_silence_seconds: float = seconds(
        15,
        least=1,
        most=600,
        meaning="After this long without a sign of life from PostgreSQL's machine a TCP connection to it is given up.",
    )
    database_statement_seconds: float = seconds(
        60,
        least=0,
        most=86_400,
        meaning="Longest run of one statement of the API and the handlers; 0 is no limit.",
    )

    command_retries_max: int = whole_number(
        20, unit="tries", least=0, most=1_000, meaning="How often a command is decided anew after a conflict."
    )
    import_batch_commands_max: int = whole_number(
        500, unit="commands", least=1, most=10_000, meaning="Commands that an import commits together."
    )

    stream_replicas: int = one_of_numbers(
        1, unit="servers", choices=(1, 3, 5), meaning="NATS servers that hold a copy of the stream."
    )
    stream_duplicate_window_seconds: float = seconds(
        120, least=1, most=86_400, meaning="How long JetStream remembers message ids to refuse duplicates."
    )
    nats_connect_seconds: float = seconds(
        5, least=0.1, most=600, meaning="Longest wait for NATS to accept a connection."
    )
    nats_request_seconds: float = seconds(
        5,
        least=0.1,
        most=600,
        meaning="Longest wait for JetStream to answer a request or acknowledge a batch.",
    )

    relay_batch_events_max: int = whole_number(
        500, unit="events", least=1, most=500, meaning="Events that the relay publishes in one atomic batch."
    )
    relay_poll_seconds: float = seconds(
        0.25, least=0.01, most=60, meaning="How often the relay looks for new events when nothing wakes it."
    )
    relay_retry_seconds_max: float = seconds(
        10, least=0.1, most=600, meaning="Longest pause of the relay between two tries after an error."
    )
    relay_stalled_seconds: float = seconds(
        30,
        least=1,
        most=3_600,
        meaning="A relay that lags and has not moved for so long is reported as stalled.",
    )
    relay_metrics_port: int = whole_number(
        8001,
        unit="port",
        least=0,
        most=65_535,
        meaning="Port on 127.0.0.1 where the relay serves its metrics to Prometheus; 0 is off. One that is taken is said in the "
        "log and costs the metrics alone.",
    )

    projector_processes: int = whole_number(
        1,
        unit="processes",
        least=1,
        most=64,
        meaning="Processes that the projections are shared out to; one cannot have more than one.",
    )
    projector_states_kept_max: int = whole_number(
        20_000,
        unit="rows",
        least=0,
        most=10_000_000,
        meaning="Rows of each projection that the projector keeps in memory, so as not to read them again.",
    )
    projector_batch_events_max: int = whole_number(
        1_000,
        unit="events",
        least=1,
        most=10_000,
        meaning="Events that a projection folds in one transaction.",
    )
    projector_fetch_seconds: float = seconds(
        1, least=0.05, most=60, meaning="How long the projector waits for a batch to fill."
    )
    projector_retry_seconds: float = seconds(
        1, least=0.05, most=600, meaning="Pause of the projector before it tries a failed batch again."
    )
    projector_stalled_seconds: float = seconds(
        30,
        least=1,
        most=3_600,
        meaning="A projection that lags and has not moved for so long is reported as stalled.",
    )

    projector_verify_seconds: float = seconds(
        10,
        least=0.1,
        most=3_600,
        meaning="Pause between two looks at a projection in which the projector folds some keys anew and compares them.",
    )
    projector_verify_keys_max: int = whole_number(
        20, unit="keys", least=2, most=10_000, meaning="Keys of a projection that are compared in one look."
    )
    projector_verify_events_max: int = whole_number(
        20_000,
        unit="events",
        least=100,
        most=1_000_000,
        meaning="Events that are folded in one look; a key with a longer history is left to `clienteling projections verify`.",
    )

    reactions_commit_commands_max: int = whole_number(
        250,
        unit="commands",
        least=1,
        most=5_000,
        meaning="Commands that a reaction commits together, such as the statements of a pay run; also stock arrivals.",
    )
    reactions_poll_seconds: float = seconds(
        0.25, least=0.01, most=60, meaning="How often the reactions look for new events."
    )
    reactions_retry_seconds: float = seconds(
        1, least=0.05, most=600, meaning="Pause of a reaction before it tries again after an error."
    )
    reactions_ack_wait_seconds: float = seconds(
        30,
        least=1,
        most=3_600,
        meaning="After this long without an acknowledgement a stock arrival is delivered again.",
    )
    reactions_metrics_port: int = whole_number(
        8002,
        unit="port",
        least=0,
        most=65_535,
        meaning="Port on 127.0.0.1 where the reactions serve their metrics to Prometheus; 0 is off. One that is taken is said in the "
        "log and costs the metrics alone.",
    )
    reactions_stalled_seconds: float = seconds(
        30,
        least=1,
        most=3_600,
        meaning="A reaction that lags and has not moved for so long is reported as stalled.",
    )
    inbox_kept_days: int = whole_number(
        30,
        unit="days",
        least=1,
        most=3_650,
        meaning="How long NATS keeps what other services tell clienteling: the longest time the reactions may be down.",
    )

    projector_metrics_port: int = whole_number(
        8003,
        unit="port",
        least=0,
        most=65_000,
        meaning="Port on 127.0.0.1 where the projector serves its metrics to Prometheus; its further processes take those behind "
        "it. 0 is off.",
    )

    rebuild_memory_mb: int = whole_number(
        1_024,
        unit="MiB",
        least=128,
        most=1_048_576,
        meaning="Memory that a rebuild may take, all its processes together.",
    )
    rebuild_processes: int = whole_number(
        0,
        unit="processes",
        least=0,
        most=256,
        meaning="Processes of a rebuild, as far as memory allows; 0 is one for each core.",
    )

    service_heartbeat_seconds: float = seconds(
        2, least=0.1, most=300, meaning="How often relay, projector and reactions write down how they are."
    )
    embedded_start_seconds: float = seconds(
        60, least=1, most=3_600, meaning="Longest wait for an embedded server to start, recovery included."
    )
    embedded_stop_seconds: float = seconds(
        60, least=1, most=3_600, meaning="Longest wait for an embedded server to stop before it is killed."
    )
    shutdown_seconds: float = seconds(
        10,
        least=0,
        most=600,
        meaning="How long a service may finish what it has begun when it is told to stop.",
    )

    log_level: str = one_of(
        "info",
        choices=("debug", "info", "warning", "error"),
        meaning="Least severe log lines that are written.",
    )
    log_format: str = one_of(
        "console", choices=("console", "json"), meaning="Log lines for people, or one JSON object per line."
    )

    def __post_init__(self) -> None:
        problems = [
            problem(name, rule, getattr(self, name))
            for name, rule in RULES.items()
            if not holds(rule, getattr(self, name))
        ]
        if self.database_pool_size_min > self.database_pool_size_max:
            problems.append(
                f"{variable_of('database_pool_size_min')} is set to '{self.database_pool_size_min}'; allowed is at "
                f"most {variable_of('database_pool_size_max')}, which is {self.database_pool_size_max}"
            )
        if problems:
            raise SettingsError(problems)

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> "Settings":
        """Read and check all variables. Raises SettingsError with one sentence per wrong or unknown variable.

        An empty variable counts as unset.
        """
        variables = os.environ if environ is None else environ
        given = {name: text for name, text in variables.items() if name.startswith(PREFIX) and text != ""}
        names = {variable_of(name): name for name in RULES}
        problems = [unknown(variable, names) for variable in sorted(given.keys() - names.keys())]
        values: dict[str, Any] = {"data_dir": default_data_dir(variables)}
        for variable in given.keys() & names.keys():
            rule = RULES[names[variable]]
            try:
                value = rule.read(given[variable])
                rule.check(value)
            except ValueError:
                problems.append(problem(names[variable], rule, given[variable]))
            else:
                values[names[variable]] = value
        if problems:
            raise SettingsError(sorted(problems))
        return cls(**values)


RULES: dict[str, Rule] = {field.name: field.metadata[RULE] for field in dataclasses.fields(Settings)}
