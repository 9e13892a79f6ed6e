"""What a decision may read: the state of any aggregate, as of the moment it is made."""

from collections.abc import Callable, Iterable
from typing import Any

from domain import ids
from domain.associate.state import AssociateState
from domain.commission_account.state import AccountState
from domain.customer.state import CustomerState
from domain.heroic_act.state import HeroicActState, HeroicDayState
from domain.messages import Event
from domain.pay_period.state import CalendarState
from domain.return_.state import ReturnState
from domain.sale.state import ReceiptNumberState, SaleState
from domain.score_parameters.state import ScoreParametersState
from domain.service_standard.state import ServiceStandardsState
from domain.stock_arrival.state import StockArrivalState
from domain.store.state import StoreState


class StateReader:
    """Reads states by identifier; None for what has no history yet.

    `load` gives the state of a stream, or None. The command handler that provides it keeps the read set: the
    streams that were read, each at its version. A decision may only write to those (optimistic concurrency).
    `load_history` gives the events of a stream so far, for the rare decision that goes back to them; it reads
    the stream's state as well.
    """

    def __init__(
        self, load: Callable[[str], Any], load_history: Callable[[str], Iterable[Event]] | None = None
    ) -> None:
        self._load = load
        self._load_history = load_history

    def customer(self, customer_id: str) -> CustomerState | None:
        return self._load(customer_id)

    def sale(self, sale_id: str) -> SaleState | None:
        return self._load(sale_id)

    def receipt_number(self, number_id: str) -> ReceiptNumberState | None:
        return self._load(number_id)

    def return_(self, return_id: str) -> ReturnState | None:
        return self._load(return_id)

    def heroic_act(self, act_id: str) -> HeroicActState | None:
        return self._load(act_id)

    def heroic_day(self, day_id: str) -> HeroicDayState | None:
        return self._load(day_id)

    def associate(self, associate_id: str) -> AssociateState | None:
        return self._load(associate_id)

    def account(self, associate_id: str) -> AccountState | None:
        return self._load(ids.account_id_of(associate_id))

    def account_history(self, associate_id: str) -> Iterable[Event]:
        """The events of an account, in order."""
        if self._load_history is None:
            raise RuntimeError("this reader has no histories")
        return self._load_history(ids.account_id_of(associate_id))

    def calendar(self, scope: str) -> CalendarState | None:
        return self._load(ids.calendar_id_of(scope))

    def stock_arrival(self, arrival_id: str) -> StockArrivalState | None:
        return self._load(arrival_id)

    def store(self, store_id: str) -> StoreState | None:
        return self._load(ids.store_stream_id_of(store_id))

    def score_parameters(self) -> ScoreParametersState | None:
        return self._load(ids.SCORE_PARAMETERS_STREAM)

    def service_standards(self, scope: str) -> ServiceStandardsState | None:
        return self._load(ids.service_standards_id_of(scope))
