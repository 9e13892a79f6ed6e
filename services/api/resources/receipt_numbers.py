"""Whose receipt a number is of, straight from the log: what was sold a moment ago is found."""

import asyncio
from typing import Final

from domain.evolve import state_of
from domain.ids import receipt_number_id_of
from domain.sale.events import ReceiptNumbered
from domain.sale.state import SaleState
from infra.event_store.codec import decode
from projections.associate_directory.fold import PROJECTION as DIRECTORY
from projections.associate_directory.queries import STORES
from services.api.resources.history import history_of
from services.api.state import AppState

#: Of a number that was given out again and again the latest sales count.
SALES_MAX: Final = 40


async def customers_of_receipt(app: AppState, receipt_no: str, store_id: str | None) -> list[str]:
    """The customers of the sales that carry a receipt number, in a store or in any."""
    stores = [store_id]
    if store_id is None:
        found = await app.tables.read(DIRECTORY.name, STORES, {})
        stores = [row[0] for row in found.rows]
    numbers = [receipt_number_id_of(store, receipt_no) for store in stores if store is not None]
    logged = await asyncio.to_thread(app.log.read_histories, numbers)
    events = [decode(one.topic, one.state) for one in logged[-SALES_MAX:]]
    sales = {event.sale_id for event in events if isinstance(event, ReceiptNumbered)}
    histories = [await history_of(app, sale_id) for sale_id in sorted(sales)]
    states = [state_of(history.events) for history in histories if history is not None]
    customers = {sale.customer_id for sale in states if isinstance(sale, SaleState)}
    return sorted(customer for customer in customers if customer is not None)
