"""What is personal in a command is sealed before anything is decided, and stands sealed, and only sealed, in
the stored bytes.
"""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from domain.data_subjects import subjects_of
from domain.decide import DECISIONS
from domain.messages import Command
from domain.personal import is_encrypted
from infra.event_store.codec import encode
from infra.event_store.encryption import encrypted, personal_fields
from infra.vault import SubjectKeys
from infra.vault.master_key import MasterKey
from tests.domain.builders import money_commands as money
from tests.domain.builders import money_events, questions
from tests.domain.builders import people_commands as people
from tests.domain.builders import people_events as events
from tests.domain.builders.money_commands import ANNA, BEN, CARL, CLARA
from tests.domain.given import Given, given
from tests.domain.pay_question.march import SOLD

STAFF = [money_events.associate_hired(associate_id=associate) for associate in (ANNA, BEN, CARL)]
KNOWN = given(*STAFF, events.customer_registered(), money_events.sale_recorded())
REPORTED = KNOWN.with_events(events.heroic_act_reported())

MASTER_KEY = MasterKey(bytes(range(32)))

#: Every command that says something personal, and a history in which it is accepted.
EXAMPLES: tuple[tuple[Given, Command], ...] = (
    (given(), people.register_customer()),
    (KNOWN, people.learn_name()),
    (KNOWN, people.add_contact_point()),
    (KNOWN, people.record_wish()),
    (KNOWN, people.record_occasion()),
    (KNOWN, people.add_note()),
    (KNOWN, people.plan_follow_up()),
    (KNOWN, people.report_heroic_act()),
    (REPORTED, people.reject_heroic_act()),
    (REPORTED.with_events(events.heroic_act_verified()), people.revoke_heroic_act()),
    (given(), money.hire_associate()),
    (KNOWN, money.accept_return(customer_id=CLARA)),
    (SOLD, questions.question_entry()),
    (SOLD.after(questions.question_entry()), questions.answer_question()),
)


def texts_in(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for part in value.values():
                yield from texts_in(part)
        case list():
            for part in value:
                yield from texts_in(part)
        case _:
            return


def test_every_command_that_says_something_personal_has_an_example() -> None:
    personal = {command for command in DECISIONS if personal_fields(command)}
    assert personal <= {type(command) for _, command in EXAMPLES}


@pytest.mark.parametrize(
    ("story", "example"), EXAMPLES, ids=[type(command).__name__ for _, command in EXAMPLES]
)
def test_what_is_personal_in_a_command_is_stored_sealed_and_whole(story: Given, example: Command) -> None:
    clear = {name: f"Clara Bow, her {name} in the clear" for name in personal_fields(type(example))}
    said = msgspec.structs.replace(example, **clear)
    subject = subjects_of(said, story.states)[0]
    keys = SubjectKeys(MASTER_KEY, [(subject, MASTER_KEY.new_wrapped_key(subject))])

    stored = [encode(event)[1] for event in story.when(encrypted(said, subject, keys))]

    texts = [text for state in stored for text in texts_in(msgspec.json.decode(state))]
    assert not any("Clara Bow" in text for text in texts)
    opened = sorted(keys.decrypt(text) or "" for text in texts if is_encrypted(text))
    assert opened == sorted(clear.values())
