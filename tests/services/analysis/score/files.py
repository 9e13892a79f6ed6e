"""The public files that lie beside the repository, and small files of their formats."""

from datetime import date
from pathlib import Path

import pytest

DATA = Path(__file__).parents[5] / "shared" / "data"
CDNOW = DATA / "cdnow-sample" / "CDNOW_sample.txt.gz"
CDNOW_CUT = date(1997, 9, 30)
ONLINE_RETAIL = DATA / "online-retail" / "online_retail.csv.gz"
ONLINE_RETAIL_CUT = date(2011, 6, 30)

needs_cdnow = pytest.mark.skipif(not CDNOW.is_file(), reason="the CDNOW sample is not in ../shared/data")
needs_online_retail = pytest.mark.skipif(
    not ONLINE_RETAIL.is_file(), reason="Online Retail is not in ../shared/data"
)


def written(folder: Path, text: str, name: str = "purchases.csv") -> Path:
    """A file with this text."""
    path = folder / name
    path.write_text(text)
    return path
