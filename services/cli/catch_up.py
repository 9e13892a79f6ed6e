"""Catch-up with a progress bar."""

from contextlib import ExitStack
from functools import partial

from infra.runtime import Runtime
from services.cli.output import progress
from services.recovery import catch_up as recovery
from services.supervisor.child_processes import running


def catch_up(runtime: Runtime, *, quiet: bool = False) -> None:
    """Wait until every projection has folded what is in the log now. Raises CatchUpFailed."""
    with ExitStack() as stack:

        def on_progress(position: int, end: int) -> None:
            nonlocal update
            if update is None:
                bar = stack.enter_context(progress(quiet=quiet))
                update = partial(bar.update, bar.add_task("folding it into tables", total=end, rate="events"))
            update(completed=position)

        update: partial[None] | None = None
        recovery.catch_up(runtime, partial(running, settings=runtime.settings), on_progress)
