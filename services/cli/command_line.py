"""What stands behind `clienteling`: every command, and the exit codes.

Exit codes: 0 done, 1 what was asked for does not hold, 2 wrong usage. `--json` prints one JSON document on
standard output and nothing else there; progress and remarks go to standard error.
"""

import os
import signal
import sys
from importlib import metadata

from cyclopts import App, CycloptsError

from domain.messages import Refused
from infra import signals
from infra.logs import set_up_logs
from infra.setting_rules import SettingsError
from infra.settings import Settings
from services.cli.failure_messages import sentence_about
from services.cli.help_pages import PAGES
from services.cli.output import WrongUsage, complain

DONE, DOES_NOT_HOLD, WRONG_USAGE, NOBODY_READS = 0, 1, 2, 141
#: Added to the number of the signal that ended the process: 130 after Ctrl-C, 143 after SIGTERM.
SIGNALLED = 128

app = App(
    name="clienteling",
    help="""Customer loyalty for shops that live by service: an event log, the stream it
becomes, and the tables people read.

PostgreSQL and NATS are started by themselves and keep their data in
CLIENTELING_DATA_DIR, unless CLIENTELING_DATABASE_URL and CLIENTELING_NATS_URL
name servers of yours. docs/settings.md lists every setting.

Exit codes: 0 done, 1 what was asked for does not hold, 2 wrong usage.

For example:

    clienteling demo
    clienteling projections status --help""",
    help_format="plaintext",
    version=lambda: metadata.version("clienteling"),
    version_flags=["--version", "-V"],
    result_action="return_value",
    suppress_keyboard_interrupt=False,
)

for (name, where), text in PAGES.items():
    app.command(where, name=name, help=text)
app.register_install_completion_command(
    help="Let the shell (bash, zsh or fish) complete commands and options."
)


def run(arguments: list[str] | None = None) -> int:
    """Run one command line; the exit code."""
    try:
        return _run(arguments)
    except KeyboardInterrupt:
        # Here also when it came while an error was being told.
        return SIGNALLED + (signals.received() or signal.SIGINT)


def _readable_settings() -> Settings:
    """The settings; the defaults where one is wrong: a command that needs them says so itself."""
    try:
        return Settings.from_env()
    except SettingsError:
        return Settings()


def _run(arguments: list[str] | None) -> int:
    set_up_logs(_readable_settings())
    try:
        result = app(arguments, exit_on_error=False, print_error=True)
    except CycloptsError:
        return WRONG_USAGE
    except (SettingsError, WrongUsage) as error:
        complain(str(error))
        return WRONG_USAGE
    except Refused as error:
        complain(f"{error.message}{f' ({error.field})' if error.field else ''}")
        return DOES_NOT_HOLD
    except BrokenPipeError:
        # Whoever read along has seen enough (`| head`). What is still to be written at the end has nowhere to
        # go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return NOBODY_READS
    except Exception as error:
        if (told := signals.received()) is not None:
            # Interrupted where somebody makes another error of it, such as in the import of a compiled
            # module.
            return SIGNALLED + told
        if (sentence := sentence_about(error)) is None:
            raise
        complain(sentence)
        return DOES_NOT_HOLD
    return result if isinstance(result, int) else DONE
