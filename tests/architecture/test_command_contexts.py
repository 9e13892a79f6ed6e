"""Every command that production gives has a context: the log never lacks who gave it."""

import ast

from tests.architecture.tracked import ROOT

#: The calls that take one, and how many arguments they have with it.
WITH_CONTEXT = {"handle": 3, "handle_many": 2, "handle_batches": 2, "write_batches": 3}


def without_context(source: str) -> list[int]:
    """The lines of a module that give a command without saying who gives it."""
    found: list[int] = []
    for call in (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)):
        name = getattr(call.func, "attr", getattr(call.func, "id", None))
        named = {keyword.arg for keyword in call.keywords}
        if name == "write_commands":
            found += [] if "context" in named else [call.lineno]
        elif name in WITH_CONTEXT and len(call.args) < WITH_CONTEXT[name]:
            found.append(call.lineno)
    return found


def test_every_command_that_a_service_gives_has_a_context() -> None:
    lacking = {
        str(file.relative_to(ROOT)): lines
        for file in (ROOT / "services").rglob("*.py")
        if (lines := without_context(file.read_text()))
    }
    assert lacking == {}


def test_a_command_without_a_context_is_found() -> None:
    assert without_context("handler.handle(command, key)\nhandler.handle(command, key, by)") == [1]
    assert without_context("write_commands(handler, commands, batch_commands_max=1)") == [1]
