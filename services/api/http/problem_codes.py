"""Which codes problem documents have, with which status, and which of them each kind of route answers with.

problem_codes.toml describes every code. refusal_codes.json lists what each command can be refused with; it is
made by `python -m toolchain.refusal_codes`.
"""

from collections.abc import Iterable
from itertools import groupby
from pathlib import Path
from typing import Final

import msgspec


class ProblemCode(msgspec.Struct, frozen=True):
    """The status of a problem document with a code, and what the code means, in a sentence."""

    status: int
    means: str


class _Codes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    problems: dict[str, ProblemCode]
    warnings: dict[str, str]


_HERE: Final = Path(__file__).parent
_CODES: Final = msgspec.toml.decode((_HERE / "problem_codes.toml").read_bytes(), type=_Codes)

PROBLEMS: Final = _CODES.problems
#: Of the remarks in a command result.
WARNING_CODES: Final = _CODES.warnings
REFUSALS: Final = msgspec.json.decode((_HERE / "refusal_codes.json").read_bytes(), type=dict[str, list[str]])

ANY_ROUTE: Final = (
    "bad_request", "body_too_large", "coding_not_taken", "csrf_token_refused", "database_unavailable",
    "head_too_large", "host_not_ours", "internal", "issuer_unavailable", "not_permitted", "not_through_proxy",
    "origin_not_ours", "request_timeout", "role_missing", "session_ended", "token_missing", "token_refused",
    "too_many_connections", "too_many_requests", "too_slow",
)  # fmt: skip
READ: Final = (
    "consistency_token_over", "consistency_token_unfit", "database_unavailable", "invalid",
    "malformed_query", "not_caught_up", "nothing_projected", "position_not_reached",
)  # fmt: skip
PAGED: Final = ("cursor_outdated", "cursor_unfit")
AS_OF: Final = ("history_unreadable", "in_the_future", "time_zone_missing")
COMMAND: Final = (
    "acts_for_another", "already_sealed", "conflict", "database_unavailable", "history_unreadable",
    "idempotency_key_invalid", "idempotency_key_missing", "idempotency_key_reused", "invalid",
    "malformed_json", "not_caught_up", "not_json", "not_storable", "nothing_projected", "outcome_unknown",
    "second_person_needed", "stopping", "too_many_commands",
)  # fmt: skip


def by_status(codes: Iterable[str]) -> dict[int, tuple[str, ...]]:
    """Codes by the status of their documents, both in order. Raises KeyError for an unknown one."""
    ordered = sorted({(PROBLEMS[code].status, code) for code in codes})
    return {
        status: tuple(code for _, code in group)
        for status, group in groupby(ordered, key=lambda pair: pair[0])
    }
