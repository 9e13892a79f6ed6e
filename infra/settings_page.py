"""Writes docs/settings.md from `infra.settings`: `python -m infra.settings_page > docs/settings.md`."""

import sys
from textwrap import fill

from infra.descriptions import field_docstrings
from infra.setting_rules import variable_of
from infra.settings import RULES, Settings

HEADING = """# Settings

Written by `python -m infra.settings_page` from the tables in `infra/settings.py`, `infra/server_settings.py`
and `infra/webhook_settings.py`; change it there.

Every setting is an environment variable, read and checked when a process starts. A wrong value, or a variable
that begins with `CLIENTELING_` and is not listed here, ends the start with a sentence that names it. An empty
variable counts as unset. (Kubernetes adds such variables for a service that is itself called `clienteling…`:
set `enableServiceLinks: false` on the pod, or name the service otherwise.)

{secrets}

| variable | unit | default | allowed | meaning |
| --- | --- | --- | --- | --- |
"""
SECRETS = (
    "Secrets may stand in files instead: set the variable with `_FILE` behind its name to the path. They are "
    "{names}."
)


def settings_page() -> str:
    """The whole page in Markdown, one row per setting in the order of the table."""
    texts = field_docstrings(Settings)
    rows = [
        f"| `{variable_of(name)}` | {rule.unit} | {rule.default} | {rule.allowed} | {texts[name]} |\n"
        for name, rule in RULES.items()
    ]
    secrets = ", ".join(f"`{variable_of(name)}`" for name, rule in RULES.items() if rule.secret)
    return HEADING.format(secrets=fill(SECRETS.format(names=secrets), 110, break_on_hyphens=False)) + "".join(
        rows
    )


if __name__ == "__main__":
    sys.stdout.write(settings_page())
