"""Writes docs/settings.md from the table in `infra.settings`: `python -m infra.settings_page > docs/settings.md`."""

import sys

from infra.setting_rules import variable_of
from infra.settings import RULES

HEADING = """# Settings

Written by `python -m infra.settings_page` from the table in `infra/settings.py`; change it there.

Every setting is an environment variable, read and checked when a process starts. A wrong value, or a variable
that begins with `CLIENTELING_` and is not listed here, ends the start with a sentence that names it. An empty
variable counts as unset. (Kubernetes adds such variables for a service that is itself called `clienteling…`:
set `enableServiceLinks: false` on the pod, or name the service otherwise.)

| variable | unit | default | allowed | meaning |
| --- | --- | --- | --- | --- |
"""


def settings_page() -> str:
    """The whole page in Markdown, one row per setting in the order of the table."""
    rows = [
        f"| `{variable_of(name)}` | {rule.unit} | {rule.default} | {rule.allowed} | {rule.meaning} |\n"
        for name, rule in RULES.items()
    ]
    return HEADING + "".join(rows)


if __name__ == "__main__":
    sys.stdout.write(settings_page())
