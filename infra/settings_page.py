"""Writes docs/settings.md from `infra.settings`: `python -m infra.settings_page > docs/settings.md`."""

import ast
import inspect
import sys
from itertools import pairwise

from infra.setting_rules import variable_of
from infra.settings import RULES, Settings

HEADING = """# Settings

Written by `python -m infra.settings_page` from the table in `infra/settings.py`; change it there.

Every setting is an environment variable, read and checked when a process starts. A wrong value, or a variable
that begins with `CLIENTELING_` and is not listed here, ends the start with a sentence that names it. An empty
variable counts as unset. (Kubernetes adds such variables for a service that is itself called `clienteling…`:
set `enableServiceLinks: false` on the pod, or name the service otherwise.)

Secrets may stand in files instead: set the variable with `_FILE` behind its name to the path. They are
{secrets}.

| variable | unit | default | allowed | meaning |
| --- | --- | --- | --- | --- |
"""


def settings_page() -> str:
    """The whole page in Markdown, one row per setting in the order of the table."""
    texts = meanings()
    rows = [
        f"| `{variable_of(name)}` | {rule.unit} | {rule.default} | {rule.allowed} | {texts[name]} |\n"
        for name, rule in RULES.items()
    ]
    secrets = ", ".join(f"`{variable_of(name)}`" for name, rule in RULES.items() if rule.secret)
    return HEADING.format(secrets=secrets) + "".join(rows)


def meanings() -> dict[str, str]:
    """The text below each field of the settings."""
    (table,) = (one for one in ast.parse(inspect.getsource(Settings)).body if isinstance(one, ast.ClassDef))
    return {
        field.target.id: " ".join(text.value.value.split())
        for field, text in pairwise(table.body)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(text, ast.Expr)
        and isinstance(text.value, ast.Constant)
        and isinstance(text.value.value, str)
    }


if __name__ == "__main__":
    sys.stdout.write(settings_page())
