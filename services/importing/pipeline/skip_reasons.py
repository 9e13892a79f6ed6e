"""Reasons why rows are skipped, for people. docs/import.md says more."""

SKIP_REASONS = {
    "bad_debt_adjustment": "bad-debt adjustments (invoice numbers with A)",
    "blank_row": "of blanks alone",
    "cancellation_of_nothing": "cancellations with a quantity above zero",
    "imported_before_otherwise": "imported before with other lines",
    "in_an_earlier_file": "also in an earlier file",
    "left_out_by_mapping": "as the mapping says",
    "no_invoice_or_stock_code": "without an invoice number or a stock code",
    "no_such_order": "of an order that is not in the file of orders",
    "not_sold": "of a kind that sold nothing: failed, voided, cancelled",
    "nothing_sold": "nothing sold: no quantity, or an amount below zero",
    "order_cancelled": "of orders that were rejected or cancelled",
    "other_currency": "in another currency",
    "out_of_range": "numbers or texts too large to be true",
    "price_not_positive": "a price that cannot be sold or refunded at",
    "price_zero": "without price and customer",
    "quantity_zero": "quantity zero",
    "refused": "refused by a rule",
    "stock_write_off": "stock written off (quantity below zero, no cancellation)",
    "unreadable": "that cannot be read",
}
