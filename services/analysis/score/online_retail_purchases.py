"""Online Retail's invoices and cancellations as the events that an import of them would write."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from domain.messages import made_of
from domain.money import half_up
from domain.return_.commands import AcceptReturn, MatchReturn
from domain.return_.events import MatchedLine, ReturnAccepted, ReturnedLine, ReturnMatched
from domain.sale.commands import RecordSale
from domain.sale.events import SaleRecorded, SoldLine
from services.analysis.score.purchase_events import PurchaseEvent, ReadReport
from services.importing.formats.online_retail.reader import OnlineRetail
from services.importing.pipeline.importer import Importer
from services.importing.pipeline.reconciliation import Reconciliation

Sold = dict[str, tuple[tuple[int, int], ...]]


def online_retail(paths: Sequence[Path], report: ReadReport) -> Iterator[PurchaseEvent]:
    """Sales and returns of named customers; the import matches cancellations to the oldest sales.

    `report` counts rows that were skipped or have no customer.
    """
    reconciliation = Reconciliation()
    # By sale and line: quantity and net amount. A refund is a part of that.
    sold: Sold = {}
    untraced: dict[str, AcceptReturn] = {}
    for _, command in Importer(OnlineRetail(paths, 1, reconciliation), reconciliation, None).commands():
        if isinstance(command, RecordSale | AcceptReturn) and command.customer_id is None:
            report.skip("no_customer", len(command.lines))
        elif isinstance(command, RecordSale):
            event = _sale(command)
            sold[event.sale_id] = tuple((line.quantity, line.net_minor) for line in event.lines)
            yield event
        elif isinstance(command, AcceptReturn) and command.sale_id is None:
            untraced[command.return_id or ""] = command
        elif isinstance(command, AcceptReturn):
            yield _returned(command, sold)
        elif isinstance(command, MatchReturn) and command.return_id in untraced:
            yield _matched(command, untraced.pop(command.return_id), sold)
    summary = reconciliation.close()
    report.rows = summary.rows
    report.messages = [str(problem) for problem in reconciliation.problems]
    for reason, left in summary.skipped.items():
        report.skip(reason, left.rows)


def _sale(command: RecordSale) -> SaleRecorded:
    lines = tuple(
        SoldLine(
            line_no=line_no,
            sku=line.sku,
            department=line.department,
            quantity=line.quantity,
            unit_price_minor=line.unit_price_minor,
            net_minor=line.quantity * line.unit_price_minor - line.discount_minor,
        )
        for line_no, line in enumerate(command.lines, start=1)
    )
    return made_of(SaleRecorded, command, lines=lines, net_minor=sum(line.net_minor for line in lines))


def _returned(command: AcceptReturn, sold: Sold) -> ReturnAccepted:
    lines: list[ReturnedLine] = []
    for line in command.lines:
        line_no = line.line_no or 0
        refund_minor = _part(sold, command.sale_id or "", line_no, line.quantity)
        lines.append(ReturnedLine(line_no=line_no, quantity=line.quantity, refund_minor=refund_minor))
    refund_minor = sum(line.refund_minor for line in lines)
    return made_of(ReturnAccepted, command, lines=tuple(lines), refund_minor=refund_minor)


def _matched(command: MatchReturn, accepted: AcceptReturn, sold: Sold) -> ReturnMatched:
    lines = tuple(
        MatchedLine(
            line_no=line_no,
            sku=line.sku or "",
            quantity=line.quantity,
            refund_minor=line.refund_minor or 0,
            sold_minor=_part(sold, command.sale_id, line_no, line.quantity),
        )
        for line_no, line in zip(command.lines, accepted.lines, strict=True)
        if line_no is not None
    )
    refund_minor = sum(line.refund_minor for line in lines)
    sold_minor = sum(line.sold_minor for line in lines)
    return made_of(
        ReturnMatched,
        accepted,
        command,
        sold_at=command.occurred_at,
        lines=lines,
        refund_minor=refund_minor,
        sold_minor=sold_minor,
        goodwill_minor=refund_minor - sold_minor,
    )


def _part(sold: Sold, sale_id: str, line_no: int, quantity: int) -> int:
    of, net_minor = sold[sale_id][line_no - 1]
    return half_up(net_minor * quantity, of)
