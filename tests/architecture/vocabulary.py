"""The words of the project, and the glossary that says where each lives, as functions of a root folder."""

import re
from pathlib import Path
from typing import NamedTuple

#: The words to use for each idea. A new mechanism takes the name the field gives it, and adds it here.
VOCABULARY = {
    "event sourcing": (
        "event store, event log, event, stream, version, position, append, expected version, "
        "optimistic concurrency, read set"
    ),
    "deciding": (
        "command, command handler, decide, evolve, state, policy, refusal, idempotency key, command result"
    ),
    "committing": "group commit, batch, speculative decision, pending state",
    "metadata": "event metadata, envelope",
    "publishing": "relay, outbox, publisher, fencing, end of stream, stream divergence, epoch",
    "reading models": (
        "projection, read model, fold, checkpoint, generation, blue/green rebuild, catch-up, switch, "
        "rollback, lag, stalled, paused"
    ),
    "what fails": "dead letter, parked key, poison event, retry, backoff, heartbeat, silent",
    "following up": "process manager, subscription, trigger",
    "time": "occurred_at, valid time, transaction time, bitemporal, as of",
    "personal data": (
        "encrypt, decrypt, data key, master key, key encryption key, crypto-shredding, erasure, rotation"
    ),
    "HTTP": ("route handler, dependency, problem details, cursor, read-your-writes, CSRF, DNS rebinding"),
    "importing": "source document, row, mapping, skip reason, reconciliation, prefetch, resume",
    "score": "feature, calibration, holdout, backtest, baseline",
    "tests": "builder, fixture, given/when/then, oracle, schedule",
}

_ENTRY = re.compile(r"^- \*\*(?P<term>.+?)\*\*: (?P<text>.+?)(?: `(?P<module>\S+/\S+)`)?$")


class Entry(NamedTuple):
    """A word of the glossary: one sentence, and its module, if it has one."""

    term: str
    text: str
    module: str | None


def entries_of(glossary: str) -> list[Entry]:
    """Every word of a glossary, in its order."""
    found: list[Entry] = []
    for block in re.sub(r"\n  (?=\S)", " ", glossary).splitlines():
        if entry := _ENTRY.match(block):
            found.append(Entry(entry["term"], entry["text"], entry["module"]))
    return found


def words_without_an_entry(glossary: str) -> list[str]:
    """Words of the vocabulary that the glossary lacks."""
    known = {entry.term for entry in entries_of(glossary)}
    return [word for words in VOCABULARY.values() for word in words.split(", ") if word not in known]


def entries_that_are_not_true(root: Path, glossary: str) -> list[str]:
    """Words whose module is missing or does not hold them."""
    wrong: list[str] = []
    for entry in entries_of(glossary):
        if entry.module is None:
            wrong.append(f"{entry.term} has no module")
        elif not (root / entry.module).is_file():
            wrong.append(f"{entry.term}: there is no {entry.module}")
        elif not _holds((root / entry.module).read_text(encoding="utf-8"), entry.term):
            wrong.append(f"{entry.term} does not occur in {entry.module}")
    return wrong


def _holds(text: str, term: str) -> bool:
    """Whether a text has a term as words, alone or in the names of the code, in the plural or not."""
    words = re.sub(r"[\s#_]+", " ", f"{text} {re.sub(r'(?<=[a-z])(?=[A-Z])', ' ', text)}").lower()
    plain = re.escape(term.replace("_", " ").lower())
    return re.search(rf"(?<!\w){plain}s?(?!\w)", words) is not None
