"""`clienteling customers`: forgetting one."""

from typing import Annotated

from cyclopts import App, Parameter

from domain.customer.commands import ForgetCustomer
from domain.messages import Refused
from infra.ids import new_id
from services.ops.output import Json, document, out
from services.ops.shop import opened_shop

app = App(name="customers", help="Customers.", help_format="plaintext")


@app.command
def forget(
    customer_id: Annotated[str, Parameter(help="The customer, cus_...")],
    *,
    requested_by: Annotated[str | None, Parameter(help="Who asked for it; no personal data.")] = None,
    json: Json = False,
) -> int:
    """Erase a person: her key is destroyed in the same commit as the fact that says so.

    From then on her name, contact points, notes and stories cannot be read anywhere: not in the log, the stream, the tables, exports or
    backups. Money, commission and statistics stay as they are. It cannot be undone.
    """
    with opened_shop() as shop:
        try:
            answer = shop.handler.handle(
                ForgetCustomer(customer_id=customer_id, requested_by=requested_by), new_id("cli")
            )
        except Refused as refusal:
            if refusal.code != "customer_forgotten":
                raise
            out.print("She had been forgotten before.")
            return 0
    if json:
        document(answer)
    else:
        out.print(f"Forgotten, at position {answer.position} of the log.")
    return 0
