"""Starts an embedded server again that died while its processes live on, so that they find it again by
themselves.
"""

import threading
from collections.abc import Callable

import structlog

LOOK_SECONDS = 1.0
LOOK_SECONDS_MAX = 30.0

log = structlog.get_logger(__name__)


class Watch:
    """A thread that calls `start_again` whenever `all_run` does not hold, until it is ended.

    It looks every second, and less often while starting fails.
    """

    def __init__(self, all_run: Callable[[], bool], start_again: Callable[[], None]) -> None:
        self._all_run = all_run
        self._start_again = start_again
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, name="embedded servers", daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Stop looking; after this the watch starts nothing any more."""
        self._ended.set()
        self._thread.join()

    def _look(self) -> None:
        pause = LOOK_SECONDS
        while not self._ended.wait(pause):
            try:
                if not self._all_run():
                    log.warning("An embedded server has died and is started again")
                    self._start_again()
                pause = LOOK_SECONDS
            except Exception as error:
                pause = min(2 * pause, LOOK_SECONDS_MAX)
                log.error(
                    "An embedded server could not be started again", reason=str(error), next_try_seconds=pause
                )
