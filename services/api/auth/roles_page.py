"""Writes docs/roles.md from permissions.toml: `python -m services.api.auth.roles_page > docs/roles.md`."""

import sys
import textwrap
from collections.abc import Mapping, Sequence

from services.api.auth.permissions import (
    COLUMNS,
    COMMANDS,
    MAINTENANCE,
    ONESELF,
    PUBLIC,
    READS,
    SECOND_PERSON,
    Row,
)

HEADING = """# What each role may do and see

Written by `python -m services.api.auth.roles_page` from `services/api/auth/permissions.toml`; change it
there. A route or a command without a row ends the start of the API.

| right | means |
| --- | --- |
| own | what is the token's associate's: their own, or a customer of whom they are an owner |
| store | what belongs to a store that the token is for |
| all | whatever there is |
| no | refused before anything is looked up |

Associates and sales belong to their store, a customer to the stores where their owners work; one without an
owner belongs to the store that registered them, else to every store. *Asked of* names the variables of the
address, the parameters or the fields that `own` and `store` are asked of: at least one is given, and each
that is given must hold. A service needs the scope, and has then `all`.

- What may not be seen and what is not there are answered alike: 403 `not_permitted`.
- **Who acted is whom the token names**: associates and managers leave out the fields that end in `_by`, or
  name themselves; another one is refused with 403 `acts_for_another`.
- **Two people**: what is in one's own favour is sent by somebody else, else it is refused with 403
  `second_person_needed`. Nobody verifies an act of their own or one that they reported: 422 `own_act`,
  `own_report`; nobody records more of their own hours that are settled: 422 `corrects_own_hours`.
- Associates and tills see of a sale who is credited with it, and nobody else's rates.
- An associate serves every customer: what they learn of one is recorded for whoever it is, and whoever serves
  looks any customer up (`customers`) by name, telephone, mail, reference or receipt. Of others' customers
  that shows how to address them, masked contact points, and who leads them where. To read a customer's page,
  or to take something back, the customer must be in their book.
- What is about the process itself, and signing in, is served to everybody:
{public}.
- Whoever is signed in may use, about themselves alone: {oneself}.

| command | never names its own sender in |
| --- | --- |
{second_person}"""

TABLE = """
## {title}

| operation | asked of | {roles} | scope of a service |
| --- | --- | {lines} | --- |
"""


def roles_page() -> str:
    """The whole page in Markdown."""
    second_person = "".join(f"| `{command}` | `{field}` |\n" for command, field in SECOND_PERSON.items())
    heading = HEADING.format(
        second_person=second_person, public=_indented(PUBLIC), oneself=", ".join(ONESELF)
    )
    tables = (("Reads", READS), ("Commands", COMMANDS), ("Maintenance", MAINTENANCE))
    return heading + "".join(_table(title, rows) for title, rows in tables)


def _indented(names: Sequence[str]) -> str:
    return textwrap.fill(", ".join(names), 110, initial_indent="  ", subsequent_indent="  ")


def _table(title: str, rows: Mapping[str, Row]) -> str:
    lines = [
        " | ".join(
            [
                f"| `{name}`",
                ", ".join(f"`{field}`" for field in row.about),
                *(row.rights[role] for role in COLUMNS),
                f"`{row.scope}` |\n",
            ]
        )
        for name, row in rows.items()
    ]
    head = TABLE.format(title=title, roles=" | ".join(COLUMNS), lines=" | ".join("---" for _ in COLUMNS))
    return head + "".join(lines)


if __name__ == "__main__":
    sys.stdout.write(roles_page())
