"""The names of the stream and its subjects. Fixed: other services subscribe by them."""

import re

STREAM = "CLIENTELING"
SUBJECT_ROOT = "clienteling.v1"
ALL_SUBJECTS = f"{SUBJECT_ROOT}.>"
#: Not part of the stream: the notice that the log was set back.
EPOCH_SUBJECT = "clienteling.epoch.v1"

#: What the inventory service tells us, the stream that keeps it, and our durable there.
STOCK_ARRIVED = "inventory.stock.arrived"
INBOX = "CLIENTELING_INBOX"
STOCK_ARRIVALS = "stock_arrivals"

#: What we answer to others, and the stream that keeps it for those who are away.
ANSWERS = "CLIENTELING_ANSWERS"
ANSWER_SUBJECTS = "clienteling.answers.*"

_TOPIC = re.compile(r"([a-z0-9_]+)\.([a-z0-9_]+)\.v[0-9]+")
_UNFIT = re.compile(r"[^a-z0-9_]")

#: What others have us do: `clienteling.commands.<sender>.<command>`, and the stream of it.
COMMANDS = "CLIENTELING_COMMANDS"
COMMAND_ROOT = "clienteling.commands"
#: Where senders publish, in accounts of their own.
SENT_COMMANDS = f"{COMMAND_ROOT}.*"
COMMAND_SUBJECTS = f"{COMMAND_ROOT}.*.*"


def commands_of(sender: str) -> str:
    """The subjects of one sender's commands."""
    return command_of(sender, "*")


def command_of(sender: str, name: str) -> str:
    """The subject of one command of a sender."""
    return f"{COMMAND_ROOT}.{sender}.{name}"


def answers_to(sender: str) -> str:
    """The subject of the answers to one sender."""
    return ANSWER_SUBJECTS.replace("*", sender)


def subject_prefix_of(topic: str) -> str:
    """The subject of a topic up to its partition: `sale.recorded.v1` gives `clienteling.v1.sale.recorded.`.

    A topic of another shape (only a newer writer could have made one) is made to fit: the log is carried
    whole.
    """
    match = _TOPIC.fullmatch(topic)
    if match:
        return f"{SUBJECT_ROOT}.{match[1]}.{match[2]}."
    aggregate, _, event = topic.lower().partition(".")
    return f"{SUBJECT_ROOT}.{_fit(aggregate)}.{_fit(event)}."


def _fit(token: str) -> str:
    return _UNFIT.sub("_", token) or "_"
