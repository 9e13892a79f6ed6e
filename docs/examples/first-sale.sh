#!/bin/sh
# Hire an associate, register a customer, sell a pair of shoes, and read the book and the ledger.
# Needs `clienteling serve all` in another terminal. Run again, it gets the same results: the keys are the same.
set -e
api=${1:-http://localhost:8000}/v1
PATH=$(dirname "$0")/../../.venv/bin:$PATH
manager="Authorization: Bearer $(clienteling token --role manager --store downtown)"

post() { # NAME KEY JSON
    curl --fail-with-body -sS "$api/commands/$1" -H "$manager" -H "Idempotency-Key: $2" \
        -H 'Content-Type: application/json' -d "$3"
    echo
}
id() { grep -o "$1_[0-9a-f]*" | head -n 1; } # the first id of a kind

anna=$(post hire-associate hire-anna '{"name": "Anna Lindqvist", "store_id": "downtown",
    "plan": {"currency": "USD", "base_rate_minor": 800, "rate_bp": 675}}' | id ass)
clara=$(post register-customer register-clara '{"name": "Clara Fontaine", "address_as": "Clara"}' | id cus)
sold=$(post record-sale receipt-1 '{"customer_id": "'"$clara"'", "store_id": "downtown", "currency": "USD",
    "lines": [{"sku": "SH0101", "description": "Calzari loafer", "label": "Calzari", "department": "shoes",
               "quantity": 1, "unit_price_minor": 10001, "attribution": [{"associate_id": "'"$anna"'"}]}]}')
position=$(echo "$sold" | grep -o '"position": *[0-9]*' | grep -o '[0-9]*$')

echo "$sold"
# The ledger is Anna's own: no manager reads it.
herself="Authorization: Bearer $(clienteling token --role associate --associate "$anna")"
curl --fail-with-body -sS "$api/associates/$anna/book?at_least=$position" -H "$herself"
echo
curl --fail-with-body -sS "$api/associates/$anna/ledger?at_least=$position" -H "$herself"
echo
