"""Every route handler of the API, in the order in which people read about them:
`python -m services.api.resources.route_handlers > contracts/openapi.json`."""

import sys
from typing import Final

from litestar.handlers import HTTPRouteHandler

from services.api.auth.permissions import check_complete
from services.api.http.openapi import openapi_document, openapi_json
from services.api.http.schemas import undescribed
from services.api.resources import (
    associates,
    audit,
    book,
    close_preview,
    colleagues,
    commands,
    customer_receipts,
    customers,
    events,
    hand_over_preview,
    heroics,
    house,
    ledger,
    live,
    maintenance,
    pay,
    pay_periods,
    period_reports,
    period_statements,
    questions,
    receipts,
    scores,
    service,
    service_standards,
    sessions,
    sign_in,
    sign_in_methods,
    stores,
    team,
    today,
)

ROUTE_HANDLERS: Final[tuple[HTTPRouteHandler, ...]] = (
    *associates.ROUTE_HANDLERS,
    *colleagues.ROUTE_HANDLERS,
    *stores.ROUTE_HANDLERS,
    *team.ROUTE_HANDLERS,
    *hand_over_preview.ROUTE_HANDLERS,
    *today.ROUTE_HANDLERS,
    *book.ROUTE_HANDLERS,
    *customers.ROUTE_HANDLERS,
    *customer_receipts.ROUTE_HANDLERS,
    *scores.ROUTE_HANDLERS,
    *pay.ROUTE_HANDLERS,
    *ledger.ROUTE_HANDLERS,
    *pay_periods.ROUTE_HANDLERS,
    *period_statements.ROUTE_HANDLERS,
    *close_preview.ROUTE_HANDLERS,
    *period_reports.ROUTE_HANDLERS,
    *questions.ROUTE_HANDLERS,
    *heroics.ROUTE_HANDLERS,
    *service_standards.ROUTE_HANDLERS,
    *receipts.ROUTE_HANDLERS,
    *live.ROUTE_HANDLERS,
    *events.ROUTE_HANDLERS,
    *commands.ROUTE_HANDLERS,
    *sessions.ROUTE_HANDLERS,
    *sign_in.ROUTE_HANDLERS,
    *sign_in_methods.ROUTE_HANDLERS,
    *house.ROUTE_HANDLERS,
    *maintenance.ROUTE_HANDLERS,
    *audit.ROUTE_HANDLERS,
    *service.ROUTE_HANDLERS,
)

if __name__ == "__main__":
    check_complete(ROUTE_HANDLERS)
    if missing := sorted(set(undescribed(openapi_document(ROUTE_HANDLERS)))):
        sys.exit(f"services/api/http/field_descriptions.toml: describe {', '.join(missing)}")
    sys.stdout.buffer.write(openapi_json(ROUTE_HANDLERS))
