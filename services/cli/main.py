"""The console script: it can be ended before it has imported anything else.

Until the command line is imported nothing has been begun that would have to be given back, so Ctrl-C and
SIGTERM end the process at once; from then on `infra.signals` decides.
"""

# The interpreter's own module: the one that people use imports others first, for milliseconds in which a
# signal would be a traceback. SIGINT is 2 and SIGTERM 15 wherever POSIX holds.
import _signal  # pyright: ignore[reportMissingImports]
import os

END_SIGNALS = (2, 15)

for number in END_SIGNALS:
    _signal.signal(number, lambda number, _frame: os._exit(128 + number))


def main() -> None:
    """Run the command line of this process and end with its exit code."""
    import sys

    from infra import signals
    from infra.embedded import release_servers
    from services.cli.command_line import run

    # What we write is the history of people: dumps, exports and logs are their owner's alone.
    os.umask(0o077)
    signals.take_over()
    try:
        code = run()
    finally:
        with signals.deferred():
            release_servers()
    # What is left is the interpreter's own end, which cannot be interrupted in good order.
    for number in END_SIGNALS:
        _signal.signal(number, lambda *_: os._exit(code))
    sys.exit(code)


if __name__ == "__main__":
    main()
