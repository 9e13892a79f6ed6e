"""Queries of questions and signatures: the SQL, and how rows become documents.

Parameters are psycopg's named ones.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final, Literal

import msgspec

from domain.commission_account.open_questions import OpenQuestion
from projections.pay_questions.fold import PROJECTION, Question, Signature

QuestionStatus = Literal["open", "answered"]
SignedBy = Literal["associate", "time"]
Standing = Literal["unsigned", "questioned"]

#: What questions are asked by, each by a condition of its own; a store is the one that the associate works
#: in now.
_ASKED_BY: Final = {
    "status": "found.status = %(status)s",
    "associate_id": "found.associate_id = %(associate_id)s",
    "store_id": "directory.store_id = %(store_id)s",
}


def questions(asked: Mapping[str, Any]) -> str:
    """Questions in the order in which they were asked. Rows: state, store_id (where the associate works now).

    Parameters: those of `questions_parameters`, of which the given ones ask for.
    """
    conditions = [sql for name, sql in _ASKED_BY.items() if asked.get(name) is not None]
    return f"""
        SELECT found.state::text AS state, directory.store_id
        FROM projections.pay_questions AS found
        LEFT JOIN projections.associate_directory AS directory ON directory.key = found.associate_id
        WHERE {" AND ".join(["found.status <> 'account'", "found.asked_position > %(after)s", *conditions])}
        ORDER BY found.asked_position LIMIT %(limit)s
    """


#: Statements that are signed by time, as nobody signed or asked for `after_days` whole days by the clock of
#: their period: account_id, period_id, due_at (when the day after the last begins). By account; one with
#: nothing of it has a row without a period, so that a page of accounts ends with its last.
#: Parameters: now, after_days, after_key (paging; '' begins), limit (accounts).
DUE: Final = """
    WITH account AS (
        SELECT key, state FROM projections.pay_questions
        WHERE unsigned_since <= %(now)s::timestamptz - make_interval(days => %(after_days)s::integer)
        AND key > %(after_key)s
        ORDER BY key LIMIT %(limit)s
    )
    SELECT account.key, signing.period_id, signing.due_at
    FROM account LEFT JOIN LATERAL (
        SELECT waiting.key AS period_id, (
            ((waiting.value->>'since')::timestamptz AT TIME ZONE zone.name)::date
            + %(after_days)s::integer + 1
        )::timestamp AT TIME ZONE zone.name AS due_at
        FROM json_each(account.state->'unsigned') AS waiting
        JOIN projections.pay_calendar AS calendar ON calendar.scope = waiting.value->>'scope'
        CROSS JOIN LATERAL json_to_recordset(calendar.state->'periods')
            AS period (period_id text, time_zone text)
        CROSS JOIN LATERAL (SELECT coalesce(period.time_zone, 'UTC') AS name) AS zone
        WHERE period.period_id = waiting.key
        AND NOT EXISTS (
            SELECT FROM json_each(account.state->'questions') AS question
            WHERE question.value->>'period_id' = waiting.key
            OR question.value->>'period_id' IS NULL AND question.value->>'waits_for' IS NULL
        )
    ) AS signing ON signing.due_at <= %(now)s::timestamptz
    ORDER BY account.key, signing.period_id
"""


#: The open questions about a statement, `said` its document and `account` the row of its account.
QUESTIONS_ABOUT: Final = """
    FROM json_each(account.state->'questions') AS question
    WHERE question.value->>'period_id' = said->>'period_id'
    OR question.value->>'period_id' IS NULL AND question.value->>'waits_for' IS NULL
"""
#: Which of the rows of `with_signatures` are looked for.
_STANDING: Final = {
    "unsigned": "signed_at IS NULL",
    "questioned": "cardinality(open_questions) > 0",
}


def outstanding(statements: str, standing: Standing) -> str:
    """Of all statements (rows of `with_signatures`) those that nobody has signed, or that are in question.

    Parameter: rows (most of them).
    """
    return f"SELECT * FROM ({statements}) AS signed WHERE {_STANDING[standing]} LIMIT %(rows)s"


def with_signatures(statements: str) -> str:
    """Statements (a query whose rows are documents), each with its signature: document, signed_at,
    after_days, and the ids of the open questions about it.
    """
    return f"""
        WITH listed AS (
            SELECT row_number() OVER () AS place, found.document, found.document::json AS said
            FROM ({statements}) AS found
        )
        SELECT listed.document, signature.signed_at, signature.after_days,
            ARRAY(SELECT question.key {QUESTIONS_ABOUT} ORDER BY question.key) AS open_questions
        FROM listed
        LEFT JOIN projections.pay_questions_signatures AS signature
            ON signature.key = 'acc_' || substr(listed.said->>'associate_id', 5)
            AND signature.period_id = listed.said->>'period_id'
        LEFT JOIN projections.pay_questions AS account
            ON account.key = 'acc_' || substr(listed.said->>'associate_id', 5)
        ORDER BY listed.place
    """


class QuestionDocument(Question, frozen=True, kw_only=True, omit_defaults=False):
    """A question as it is served; `question` and `reason` are encrypted, and the edge decrypts them.

    `open_days` are the whole days that it was, or has been, open.
    """

    store_id: str | None
    status: QuestionStatus
    open_days: int


class SignatureDocument(msgspec.Struct, frozen=True, kw_only=True):
    """What a statement is served with: who signed it and when, and the open questions about it."""

    signed_at: datetime | None
    signed_by: SignedBy | None
    open_questions: list[str]


def questions_parameters(
    *,
    status: QuestionStatus | None = None,
    associate_id: str | None = None,
    store_id: str | None = None,
    after: int = 0,
    limit: int = 50,
) -> dict[str, Any]:
    """The parameters of the questions; `after` is the `asked_position` of the last one that was read."""
    return {
        "status": status,
        "associate_id": associate_id,
        "store_id": store_id,
        "after": after,
        "limit": limit,
    }


def questions_of(rows: Iterable[tuple[str, str | None]], now: datetime) -> list[QuestionDocument]:
    """Questions out of rows of (state, store_id)."""
    found = ((PROJECTION.decode(state).asked, store_id) for state, store_id in rows)
    return [question_document(asked, store_id, now) for asked, store_id in found if asked is not None]


def question_document(asked: Question, store_id: str | None, now: datetime) -> QuestionDocument:
    """A question as it is served."""
    said = {field: getattr(asked, field) for field in Question.__struct_fields__}
    return QuestionDocument(
        **said,
        store_id=store_id,
        status="open" if asked.outcome is None else "answered",
        open_days=max(0, ((asked.answered_at or now) - asked.asked_at).days),
    )


def signature_document(
    signed_at: datetime | None, after_days: int | None, open_questions: list[str]
) -> SignatureDocument:
    """What a row of `with_signatures` says after the document."""
    signed_by: SignedBy | None = None
    if signed_at is not None:
        signed_by = "associate" if after_days is None else "time"
    return SignatureDocument(signed_at=signed_at, signed_by=signed_by, open_questions=open_questions)


def signature_of(
    period_id: str, signatures: Iterable[Signature], open_questions: Mapping[str, OpenQuestion]
) -> SignatureDocument:
    """The same of what the fold has of an account: the signatures of its journal, and its open questions."""
    signed_at, after_days = next(
        ((at, days) for period, at, days in signatures if period == period_id), (None, None)
    )
    concerning = sorted(key for key, question in open_questions.items() if question.concerns(period_id))
    return signature_document(signed_at, after_days, concerning)
