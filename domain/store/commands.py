"""Commands about stores."""

from domain.ids import Code
from domain.messages import Command
from domain.money import Currency
from domain.pay_period.commands import TimeZone
from domain.sale.commands import SaleChannel


class OpenStore(Command, frozen=True, kw_only=True):
    """A store becomes known: its days are those of its time zone. Said again otherwise, it is corrected."""

    store_id: Code
    name: Code
    time_zone: TimeZone
    currency: Currency
    channel: SaleChannel = "store"
