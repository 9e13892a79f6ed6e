"""How often Python looks for garbage that reference counts do not free."""

import gc
from collections.abc import Generator
from contextlib import contextmanager

#: Objects made, and not gone again, between two looks at the youngest; Python's own is some hundreds. What
#: such work remembers stays below it, so that only garbage which piles up is looked for: an import that found
#: none spent a twentieth on looking.
SELDOM = (2_000_000, 50, 100)


@contextmanager
def seldom_collected() -> Generator[None]:
    """For work that makes millions of small objects without cycles: looking for cycles took up to a third
    of its time.
    """
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(*SELDOM)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
