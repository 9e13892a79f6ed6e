-- One row per commission account, and per return that goodwill was given for.
CREATE TABLE {table} (
    key text PRIMARY KEY,
    position bigint NOT NULL,
    state json NOT NULL,
    associate_id text,
    currency text,
    balance_minor bigint NOT NULL,
    owed_minor bigint NOT NULL
) WITH (fillfactor = 90);

-- The entries, two for each posting, only ever added. An associate's ledger is the entries of one key.
CREATE TABLE {table}_entries (
    key text NOT NULL,
    position bigint NOT NULL,
    n integer NOT NULL,
    account text NOT NULL,
    amount_minor bigint NOT NULL,
    currency text NOT NULL,
    kind text NOT NULL,
    associate_id text,
    period_id text,
    sale_id text,
    return_id text,
    line_no integer,
    occurred_at timestamptz NOT NULL,
    document json,
    PRIMARY KEY (key, position, n)
);

-- Statements by period; every other entry has no document.
CREATE INDEX {name}_statements ON {table}_entries (period_id, associate_id) WHERE document IS NOT NULL;
