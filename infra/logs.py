"""Log lines: structured, on standard error, for people or as JSON, also those of libraries.

log = structlog.get_logger(__name__)
    log.info("Relayed a batch", events=500, position=12_345)

The event is a fixed sentence and everything that varies is a field. Fields are ids, counts, positions,
durations and names of things; never a payload, a command's body or anything a person typed. Standard output
belongs to the answer.
"""

import logging
import sys
from typing import Final, TextIO

import structlog
from structlog.typing import Processor

from infra.settings import Settings

#: Libraries that say at "info" what is our own business to say.
QUIET: Final = (
    "httpx",
    "httpcore",
    "nats",
    "faststream",
    "uvicorn",
    "asyncio",
    "eventsourcing",
    # A pool says five lines per use; importing eventsourcing's PostgreSQL module silences its complaints,
    # too.
    "psycopg",
    "psycopg.pool",
)

_shared: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
]

#: Local variables may be names of people, and both stock ways of writing a traceback show them.
_TRACEBACK_AS_DATA = structlog.processors.ExceptionRenderer(
    structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
)


def set_up_logs(settings: Settings, stream: TextIO | None = None) -> None:
    """Send every log line of this process to `stream` (standard error) in the form the settings ask for.

    Can be called again. Every service calls it first; `structlog.contextvars.bind_contextvars` adds fields to
    all lines.
    """
    out = sys.stderr if stream is None else stream
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*_shared],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *_rendering(settings, out),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level.upper())
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.DEBUG if settings.log_level == "debug" else logging.WARNING)


def _rendering(settings: Settings, out: TextIO) -> list[Processor]:
    if settings.log_format == "json":
        return [_TRACEBACK_AS_DATA, structlog.processors.JSONRenderer()]
    return [
        structlog.dev.ConsoleRenderer(colors=out.isatty(), exception_formatter=structlog.dev.plain_traceback)
    ]
