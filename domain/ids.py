"""Identifiers: `<prefix>_<32 hex digits>`. The prefix tells what it names."""

import hashlib
from functools import lru_cache
from typing import Annotated, Final

import msgspec

CUSTOMER: Final = "cus"
SALE: Final = "sal"
RETURN: Final = "ret"
HEROIC_ACT: Final = "act"
HEROIC_DAY: Final = "day"
ASSOCIATE: Final = "ass"
COMMISSION_ACCOUNT: Final = "acc"
PAY_CALENDAR: Final = "cal"
STOCK_ARRIVAL: Final = "arr"
SCORE_PARAMETERS: Final = "scp"
STORE: Final = "sto"
RECEIPT_NUMBER: Final = "rno"
SERVICE_STANDARDS: Final = "std"
PAY_QUESTION: Final = "que"

PARTITIONS: Final = 64

#: Given beside the pattern, because a pattern's `$` lets a line break follow.
ID_LENGTH: Final = 36

CustomerId = Annotated[str, msgspec.Meta(pattern=r"^cus_[0-9a-f]{32}$", max_length=ID_LENGTH)]
SaleId = Annotated[str, msgspec.Meta(pattern=r"^sal_[0-9a-f]{32}$", max_length=ID_LENGTH)]
ReturnId = Annotated[str, msgspec.Meta(pattern=r"^ret_[0-9a-f]{32}$", max_length=ID_LENGTH)]
HeroicActId = Annotated[str, msgspec.Meta(pattern=r"^act_[0-9a-f]{32}$", max_length=ID_LENGTH)]
AssociateId = Annotated[str, msgspec.Meta(pattern=r"^ass_[0-9a-f]{32}$", max_length=ID_LENGTH)]
PayQuestionId = Annotated[str, msgspec.Meta(pattern=r"^que_[0-9a-f]{32}$", max_length=ID_LENGTH)]
StockArrivalId = Annotated[str, msgspec.Meta(pattern=r"^arr_[0-9a-f]{32}$", max_length=ID_LENGTH)]
#: What the shop itself names: stores, pay periods, SKUs, labels, departments. A control character in one
#: would be an accident, and PostgreSQL keeps no text with a NUL.
Code = Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=r"^(?![\s\S]*[\x00-\x1f\x7f])")]


@lru_cache(maxsize=4096)
def derived_id(prefix: str, *natural_key: str) -> str:
    """The same identifier for the same natural key, on every machine (SHA-256, first 128 bits)."""
    digest = hashlib.sha256("\x1f".join((prefix, *natural_key)).encode()).hexdigest()
    return f"{prefix}_{digest[:32]}"


#: The one stream of the company's score parameters.
SCORE_PARAMETERS_STREAM: Final = derived_id(SCORE_PARAMETERS, "company")


def account_id_of(associate_id: str) -> str:
    """The commission account of an associate; one each."""
    return f"{COMMISSION_ACCOUNT}_{associate_id[4:]}"


def associate_id_of(account_id: str) -> str:
    """The associate whose commission account this is."""
    return f"{ASSOCIATE}_{account_id[4:]}"


def calendar_id_of(scope: str) -> str:
    """The pay calendar of a store, or of the whole company (`company`)."""
    return derived_id(PAY_CALENDAR, scope)


def heroic_day_id_of(hero: str, customer_id: str | None, happened_on: str) -> str:
    """The stream of the first report about one hero, one customer and one day."""
    return derived_id(HEROIC_DAY, hero, customer_id or "", happened_on)


def receipt_number_id_of(store_id: str, receipt_no: str) -> str:
    """The stream of the sales that carry one receipt number of one store."""
    return derived_id(RECEIPT_NUMBER, store_id, receipt_no)


def partition_of(key: str) -> int:
    """The subject partition, 0..63, of a customer (else of the aggregate). Stable for ever."""
    return int.from_bytes(hashlib.blake2s(key.encode(), digest_size=2).digest(), "big") % PARTITIONS


def store_stream_id_of(store_id: str) -> str:
    """The stream of a store, whatever the shop calls it."""
    return derived_id(STORE, store_id)


def service_standards_id_of(scope: str) -> str:
    """The service standards of a store, or of the whole company (`company`)."""
    return derived_id(SERVICE_STANDARDS, scope)
