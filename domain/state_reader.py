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
from domain.pay_question.state import PayQuestionState
from domain.return_.state import ReturnState
from domain.sale.state import ReceiptNumberState, SaleState
from domain.score_parameters.state import ScoreParametersState
from domain.service_standard.state import ServiceStandardsState
from domain.stock_arrival.state import StockArrivalState
from domain.store.state import StoreState

#: The position of an event in the log, and the event.
PlacedEvent = tuple[int, Event]


class StateReader:
    """Reads states by identifier; None for what has no history yet.

    `load` gives the state of a stream, or None. The command handler that provides it keeps the read set: the
    streams that were read, each at its version. A decision may only write to those (optimistic concurrency).
    `load_history` gives the events of a stream so far, for the rare decision that goes back to them; it reads
    the stream's state as well. `load_last` gives the last event of a stream up to a position of the log, and
    its position; what has a position never changes.
    """

    def __init__(
        self,
        load: Callable[[str], Any],
        load_history: Callable[[str], Iterable[Event]] | None = None,
        load_last: Callable[[str, int], PlacedEvent | None] | None = None,
    ) -> None:
        self._load = load
        self._load_history = load_history
        self._load_last = load_last

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

    def last_of_account(self, associate_id: str, up_to: int) -> PlacedEvent | None:
        """The last event of an account up to a position, and its position; None before the first."""
        if self._load_last is None:
            raise RuntimeError("this reader has no positions")
        return self._load_last(ids.account_id_of(associate_id), up_to)

    def calendar(self, scope: str) -> CalendarState | None:
        return self._load(ids.calendar_id_of(scope))

    def pay_question(self, question_id: str) -> PayQuestionState | None:
        return self._load(question_id)

    def stock_arrival(self, arrival_id: str) -> StockArrivalState | None:
        return self._load(arrival_id)

    def store(self, store_id: str) -> StoreState | None:
        return self._load(ids.store_stream_id_of(store_id))

    def score_parameters(self) -> ScoreParametersState | None:
        return self._load(ids.SCORE_PARAMETERS_STREAM)

    def service_standards(self, scope: str) -> ServiceStandardsState | None:
        return self._load(ids.service_standards_id_of(scope))
