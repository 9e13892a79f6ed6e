"""Every setting of clienteling in one table: name, unit, bounds, default and meaning. Those of the servers,
which come first, are in `infra.server_settings`, those of webhooks in `infra.webhook_settings`.

A field `api_port` is read from the environment variable `CLIENTELING_API_PORT`. All of them are checked when
a process starts; a wrong or unknown one ends the start with a sentence that names it. `docs/settings.md` is
written from both and the text below each field (`python -m infra.settings_page`). This is the only module
that reads the environment.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

from msgspec import Meta

from infra.listening import problems_of_demo_sign_in, problems_of_listening, problems_of_sign_in
from infra.server_settings import ServerSettings
from infra.setting_rules import (
    PREFIX,
    Rule,
    SettingsError,
    address,
    between,
    existing,
    folder,
    issuer_url,
    listed,
    origin,
    origins,
    problem,
    problems_of,
    region,
    rules_of,
    scopes,
    secret,
    unknown,
    uri_reference,
    variable_of,
    with_files,
    word,
)
from infra.webhook_settings import WebhookSettings


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


@dataclass(frozen=True, kw_only=True)
class Settings(WebhookSettings, ServerSettings):
    """The settings of one process. Building one by hand checks the same bounds as reading the environment."""

    data_dir: Annotated[
        Path,
        folder(default="`$XDG_DATA_HOME/clienteling`, which is `~/.local/share/clienteling` when unset"),
    ] = field(default_factory=default_data_dir)
    """Embedded servers keep their data here, and the vault its master key. All processes with the same
    directory share one PostgreSQL and one NATS server."""
    backup_dir: Annotated[Path, folder(default="none: no backups")] | None = None
    """Where `clienteling backup` puts base backups and the archive of the write-ahead log, and where
    `restore` and `drill` look for them: on another disk than the data."""
    api_host: Annotated[str, address()] = "127.0.0.1"
    """Address the API listens on. One that is not loopback needs authentication, and TLS: of its own, or of
    proxies."""
    api_port: Annotated[int, between(1, 65_535, "port")] = 8000
    """Port the API listens on."""
    api_names: Annotated[str, listed("a name")] | None = None
    """Names by which others address the API, beside those of this machine itself: what their `Host` may
    be."""
    tls_certificate: Annotated[Path, existing("a file", default="none")] | None = None
    """The certificate that the API shows, with its chain (PEM)."""
    tls_key: Annotated[Path, existing("a file", default="none")] | None = None
    """The certificate's private key (PEM)."""
    api_proxies: Annotated[str, listed("an address")] | None = None
    """Addresses of proxies that terminate TLS: nobody but they and this machine itself is answered. Whom they
    name last in `X-Forwarded-For` is counted by the limits on requests of one address."""
    public_url: Annotated[str, origin(default="what the request names")] | None = None
    """Where browsers reach the API. A provider's sign-in returns there, and no other page may use a session's
    cookie."""
    cors_origins: Annotated[str, origins()] | None = None
    """Origins of pages elsewhere that may ask the API with a token (CORS); cookies are never taken from
    them."""
    api_workers: Annotated[int, between(1, 64, "processes")] = 1
    """Processes that answer the API."""
    api_reading_processes: Annotated[int, between(1, 64, "processes")] = 1
    """Processes beside each of them that fold whole books and the past, so that commands do not wait."""
    api_reading_connections: Annotated[int, between(1, 100, "connections")] = 2
    """Connections of each process of the API for reads: more reads at once wait, so that commands do not."""
    api_body_bytes_max: Annotated[int, between(1_024, 104_857_600, "bytes")] = 1_048_576
    """Largest request body that is read."""
    api_page_rows_max: Annotated[int, between(1, 1_000, "rows")] = 200
    """Most rows that one page of an answer holds."""

    api_address_requests_per_minute: Annotated[int, between(0, 10_000_000, "requests")] = 300_000
    """Most requests from one address that each process of the API answers in a minute; 0: no limit."""
    api_subject_requests_per_minute: Annotated[int, between(0, 10_000_000, "requests")] = 12_000
    """Most requests of one subject (whom a token names; tills excepted) that each process of the API answers
    in a minute; 0: no limit."""

    phone_region: Annotated[str, region()] = "US"
    """The country whose telephone numbers are written without a country code."""
    openings_days: Annotated[int, between(1, 36_500, "days")] = 730
    """So long it is kept who read whose personal data."""

    auth: Literal["off", "on"] = "on"
    """`on`: every request but those about the process itself needs a token. `off`: everybody on this machine
    may do everything, on loopback alone."""
    demo_sign_in: Literal["off", "on"] = "off"
    """`on`: whoever opens the app may sign in as anybody of the demo. The demo sets it; on loopback alone."""
    oidc_issuer: Annotated[str, issuer_url()] | None = None
    """The OpenID provider whose access tokens are taken; then those of `clienteling token` are not."""
    oidc_audience: Annotated[str, word()] = "clienteling"
    """The audience (`aud`) that a token must name."""
    oidc_typ: Literal["at+jwt", "any"] = "at+jwt"
    """The `typ` of an access token; `any` for a provider whose access tokens have none of their own."""
    oidc_role_claim: Annotated[str, word()] = "clienteling_role"
    """The claim with the role."""
    oidc_associate_claim: Annotated[str, word()] = "clienteling_associate"
    """The claim with the associate's id, of a person who is one."""
    oidc_stores_claim: Annotated[str, word()] = "clienteling_stores"
    """The claim with the list of the stores that a token is for."""
    oidc_skew_seconds: Annotated[int, between(0, 300)] = 30
    """How far the provider's clock may be from ours, for `exp` and `nbf`."""
    oidc_fetch_seconds: Annotated[float, between(0.1, 60)] = 5
    """Longest wait for the provider's keys."""
    oidc_keys_seconds: Annotated[float, between(1, 86_400)] = 600
    """After so long the provider's keys are fetched anew, while requests go on with those at hand."""
    oidc_refetch_seconds: Annotated[float, between(0, 3_600)] = 5
    """Least pause between two fetches, however many tokens name keys that are not known."""
    oidc_retired_key_seconds: Annotated[float, between(0, 86_400)] = 3_600
    """How long a key that the provider no longer lists still verifies: as long as its tokens last."""
    oidc_client_id: Annotated[str, word(default="none: nobody signs in with a browser there")] | None = None
    """The client that this API is at the provider, for people who sign in with a browser."""
    oidc_client_secret: Annotated[str, secret(default="none: a public client")] | None = field(
        default=None, repr=False
    )
    """The secret of that client."""
    oidc_scope: Annotated[str, scopes()] = "openid"
    """The scopes that a sign-in asks for, so that the access token has the audience and the claims above."""
    oidc_resource: Annotated[str, word(default="none")] | None = None
    """The resource (RFC 8707) that a sign-in asks an access token for, where a provider wants to be told."""
    session_idle_seconds: Annotated[int, between(60, 2_592_000)] = 1_800
    """A browser's session ends when nothing was asked in it for so long."""
    session_seconds: Annotated[int, between(60, 2_592_000)] = 43_200
    """A browser's session ends so long after the sign-in, used or not."""
    sign_outs_kept_days: Annotated[int, between(1, 3_650, "days")] = 32
    """So long tokens of before a subject's sign-out everywhere are refused: as long as any token lasts."""
    auth_token_bytes_max: Annotated[int, between(512, 16_384, "bytes")] = 8_192
    """Largest token that is read."""
    auth_tokens_kept_max: Annotated[int, between(0, 1_000_000, "tokens")] = 10_000
    """Verified tokens that a process of the API remembers until they expire."""

    api_connections_max: Annotated[int, between(16, 1_000_000, "connections")] = 10_000
    """Connections that a process of the API keeps open. One more closes the one that is idle longest. The
    process may open as many files and 256 more, or it keeps fewer and says so."""
    api_unfinished_requests_max: Annotated[int, between(8, 100_000, "connections")] = 512
    """Connections of one client address that have not sent a whole request yet, or not all of the next one.
    One more closes the oldest of them. Requests that are being answered and idle connections do not count."""
    api_requests_max: Annotated[int, between(1, 100_000, "requests")] = 512
    """Requests that a process of the API works on at the same moment; more wait. `/healthz` never waits."""
    api_request_seconds: Annotated[float, between(0.1, 600)] = 8
    """Longest wait of a client for an answer to begin. What takes longer is answered with 503 and
    Retry-After."""
    api_head_seconds: Annotated[float, between(0.1, 600)] = 10
    """How long a client may take to send a request's line and headers."""
    api_body_seconds: Annotated[float, between(0.1, 3_600)] = 30
    """How long a client may take to send a request's body."""
    api_body_idle_seconds: Annotated[float, between(0.1, 600)] = 10
    """Longest pause of a client while it sends a request's body."""
    api_keep_alive_seconds: Annotated[float, between(0.1, 3_600)] = 75
    """How long an idle connection is kept open after an answer."""
    api_write_seconds: Annotated[float, between(0.1, 3_600)] = 30
    """How long a client may take to read a piece of an answer before its connection is cut."""

    api_event_streams_max: Annotated[int, between(0, 10_000, "streams")] = 64
    """Answers of server-sent events that a process of the API keeps open; one more is told to come again
    later."""
    api_event_stream_seconds: Annotated[float, between(1, 86_400)] = 300
    """After so long an answer of server-sent events ends, and its client asks again: with a token that is
    valid then."""
    api_live_listeners_max: Annotated[int, between(0, 100_000, "listeners")] = 5_000
    """Apps that a process of the API tells at one moment what changes (/v1/live); one more is told to come
    again later."""

    api_commands_waiting_max: Annotated[int, between(1, 100_000, "commands")] = 2_000
    """Commands that may wait for their turn; one more is told to come again later."""
    api_commit_commands_max: Annotated[int, between(1, 10_000, "commands")] = 256
    """Waiting commands that share one commit."""
    api_read_wait_seconds: Annotated[float, between(0, 60)] = 5
    """Longest wait of a read for the position it asks for with at_least."""

    database_pool_size_min: Annotated[int, between(0, 100, "connections")] = 1
    """Connections a process keeps open to PostgreSQL."""
    database_pool_size_max: Annotated[int, between(1, 100, "connections")] = 10
    """Most connections a process opens to PostgreSQL."""
    database_pool_wait_seconds: Annotated[float, between(0.1, 600)] = 10
    """Longest wait for a free connection before the caller gets an error."""
    database_connect_seconds: Annotated[float, between(1, 600)] = 10
    """Longest wait for PostgreSQL to accept a connection."""
    database_silence_seconds: Annotated[float, between(1, 600)] = 15
    """After this long without a sign of life from PostgreSQL's machine a TCP connection to it is given up."""
    database_statement_seconds: Annotated[float, between(0, 86_400)] = 60
    """Longest run of one statement of the API and the handlers; 0 is no limit."""

    command_retries_max: Annotated[int, between(0, 1_000, "tries")] = 20
    """How often a command is decided anew after a conflict."""
    import_batch_commands_max: Annotated[int, between(1, 10_000, "commands")] = 500
    """Commands that an import commits together."""

    event_source: Annotated[str, uri_reference()] = "/clienteling"
    """The house that events are of, to other services (`ce-source`): give each house its own. With it the id
    of an event is unique everywhere."""
    stream_replicas: Annotated[Literal[1, 3, 5], Meta(extra={"unit": "servers"})] = 1
    """NATS servers that hold a copy of the stream."""
    stream_duplicate_window_seconds: Annotated[float, between(1, 86_400)] = 120
    """How long JetStream remembers message ids to refuse duplicates."""
    nats_connect_seconds: Annotated[float, between(0.1, 600)] = 5
    """Longest wait for NATS to accept a connection."""
    nats_request_seconds: Annotated[float, between(0.1, 600)] = 5
    """Longest wait for JetStream to answer a request or acknowledge a batch."""

    relay_batch_events_max: Annotated[int, between(1, 500, "events")] = 500
    """Events that the relay publishes in one atomic batch."""
    relay_poll_seconds: Annotated[float, between(0.01, 60)] = 1
    """How often the relay looks for new events when nothing wakes it."""
    relay_retry_seconds_max: Annotated[float, between(0.1, 600)] = 10
    """Longest pause of the relay between two tries after an error."""
    relay_stalled_seconds: Annotated[float, between(1, 3_600)] = 30
    """A relay that lags and has not moved for so long is reported as stalled."""
    relay_repair_seconds: Annotated[float, between(0, 31_536_000)] = 3_600
    """Shortest time between two times that the relay makes the stream anew because others wrote to it; 0 is
    off."""
    relay_metrics_port: Annotated[int, between(0, 65_535, "port")] = 8001
    """Port on 127.0.0.1 where the relay serves its metrics to Prometheus; 0 is off. One that is taken is said
    in the log and costs the metrics alone."""

    projector_processes: Annotated[int, between(1, 64, "processes")] = 1
    """Processes that the projections are shared out to; one cannot have more than one."""
    projector_states_kept_max: Annotated[int, between(0, 10_000_000, "rows")] = 20_000
    """Rows of each projection that the projector keeps in memory, so as not to read them again."""
    projector_batch_events_max: Annotated[int, between(1, 10_000, "events")] = 1_000
    """Events that a projection folds in one transaction; also those that wait in memory for it."""
    projector_fetch_seconds: Annotated[float, between(0.05, 60)] = 1
    """How long the projector waits for a batch to fill."""
    projector_retry_seconds: Annotated[float, between(0.05, 600)] = 1
    """Pause of the projector before it tries a failed batch again."""
    projector_stalled_seconds: Annotated[float, between(1, 3_600)] = 30
    """A projection that lags and has not moved for so long is reported as stalled."""

    projector_verify_seconds: Annotated[float, between(0.1, 3_600)] = 10
    """Pause between two looks at the projections that were written to, in which the projector folds some keys
    anew and compares them; up to six times as long where that would take more than a fivehundredth of a
    core."""
    projector_verify_keys_max: Annotated[int, between(2, 10_000, "keys")] = 20
    """Keys of a projection that are compared in one look."""
    projector_verify_events_max: Annotated[int, between(100, 1_000_000, "events")] = 20_000
    """Events that are folded in one look; a key with a longer history is left to `clienteling projections
    verify`."""

    reactions_commit_commands_max: Annotated[int, between(1, 5_000, "commands")] = 250
    """Commands that a reaction commits together, such as the statements of a pay run; also stock arrivals."""
    reactions_poll_seconds: Annotated[float, between(0.01, 60)] = 0.25
    """How often the reactions look for new events."""
    reactions_clock_seconds: Annotated[float, between(0.01, 3_600)] = 5
    """How often the reactions look whether the day of something dated to come has begun."""
    reactions_sign_after_days: Annotated[int, between(0, 3_660, "days")] = 14
    """A statement that its associate has not signed, nor asked about, for so many whole days (by the clock of
    its pay calendar) is signed by time; 0: never."""
    reactions_retry_seconds: Annotated[float, between(0.05, 600)] = 1
    """Pause of a reaction before it tries again after an error."""
    reactions_ack_wait_seconds: Annotated[float, between(1, 3_600)] = 30
    """After this long without an acknowledgement a stock arrival is delivered again."""
    reactions_metrics_port: Annotated[int, between(0, 65_535, "port")] = 8002
    """Port on 127.0.0.1 where the reactions serve their metrics to Prometheus; 0 is off. One that is taken is
    said in the log and costs the metrics alone."""
    reactions_stalled_seconds: Annotated[float, between(1, 3_600)] = 30
    """A reaction that lags and has not moved for so long is reported as stalled."""
    inbox_kept_days: Annotated[int, between(1, 3_650, "days")] = 30
    """How long NATS keeps what other services tell clienteling, and what it answers: the longest time the
    reactions, or those services, may be down."""
    inbox_past_days_max: Annotated[int, between(1, 36_500, "days")] = 90
    """Goods that came in longer ago are refused: whoever waited for them was called, or came by, or asks
    anew. It is longer than NATS keeps the news. What has not come yet is refused beyond five minutes."""

    projector_metrics_port: Annotated[int, between(0, 65_000, "port")] = 8003
    """Port on 127.0.0.1 where the projector serves its metrics to Prometheus; its further processes take
    those behind it. 0 is off."""

    rebuild_memory_mb: Annotated[int, between(128, 1_048_576, "MiB")] = 1_024
    """Memory that a rebuild may take, all its processes together."""
    rebuild_processes: Annotated[int, between(0, 256, "processes")] = 0
    """Processes of a rebuild, as far as memory allows; 0 is one for each core, and no further one for a
    log of up to ten thousand facts."""

    service_heartbeat_seconds: Annotated[float, between(0.1, 300)] = 2
    """How often relay, projector and reactions write down how they are."""
    shutdown_seconds: Annotated[float, between(0, 600)] = 10
    """How long a service may finish what it has begun when it is told to stop."""

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """Least severe log lines that are written."""
    log_format: Literal["console", "json"] = "console"
    """Log lines for people, or one JSON object per line."""

    def __post_init__(self) -> None:
        problems = problems_of(self, RULES)
        if self.database_pool_size_min > self.database_pool_size_max:
            problems.append(
                f"{variable_of('database_pool_size_min')} is set to '{self.database_pool_size_min}'; allowed "
                f"is at most {variable_of('database_pool_size_max')}, which is {self.database_pool_size_max}"
            )
        problems += problems_of_listening(
            self.api_host, self.auth, self.tls_certificate, self.tls_key, self.api_proxies
        )
        problems += problems_of_sign_in(
            self.oidc_issuer, self.oidc_client_id, self.oidc_client_secret, self.public_url
        )
        if self.demo_sign_in == "on":
            problems += problems_of_demo_sign_in(
                self.api_host, self.oidc_issuer, self.api_proxies, self.public_url
            )
        if problems:
            raise SettingsError(problems)

    @property
    def embeds_database(self) -> bool:
        """Whether PostgreSQL is the embedded one: no address of another is given."""
        return not any(getattr(self, name) for name in RULES if re.fullmatch(r"database(_\w+)?_url", name))

    def database_url_of(self, role: str) -> str | None:
        """The address of PostgreSQL for a role, which may be that of the owner; None: it is embedded.

        Raises SettingsError where addresses are given, but none for this role.
        """
        given = getattr(self, f"database_{role}_url", None) or self.database_url
        if given is None and not self.embeds_database:
            raise SettingsError([f"{variable_of('database_url')} is not set, as work of the {role} needs it"])
        return given

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> "Settings":
        """Read and check all variables. Raises SettingsError with one sentence per wrong or unknown variable.

        An empty variable counts as unset. A secret may stand in a file, whose path is in its variable with
        `_FILE` behind the name.
        """
        variables = os.environ if environ is None else environ
        given = {name: text for name, text in variables.items() if name.startswith(PREFIX) and text != ""}
        names = {variable_of(name): name for name in RULES}
        given = with_files(given, names, RULES)
        problems = [unknown(variable, names) for variable in sorted(given.keys() - names.keys())]
        values: dict[str, Any] = {"data_dir": default_data_dir(variables)}
        for variable in given.keys() & names.keys():
            rule = RULES[names[variable]]
            try:
                value = rule.read(given[variable])
                rule.check(value)
                values[names[variable]] = value
            except ValueError:
                problems.append(problem(names[variable], rule, given[variable]))
        if problems:
            raise SettingsError(sorted(problems))
        return cls(**values)


#: What each setting may be, in the order of the table.
RULES: dict[str, Rule] = rules_of(Settings)
