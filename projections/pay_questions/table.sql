-- One row per question (status 'open' or 'answered'), and one per commission account (status 'account').
CREATE TABLE {table} (
    key text PRIMARY KEY,
    position bigint NOT NULL,
    state json NOT NULL,
    status text NOT NULL,
    associate_id text,
    asked_position bigint,
    unsigned_since timestamptz
);

-- Questions in the order in which they were asked: of everybody, those that are open, an associate's.
CREATE INDEX {name}_asked ON {table} (asked_position) WHERE status <> 'account';
CREATE INDEX {name}_open ON {table} (asked_position) WHERE status = 'open';
CREATE INDEX {name}_associate ON {table} (associate_id, asked_position) WHERE status <> 'account';

-- Accounts with a statement that nobody has signed, by the one that has waited longest.
CREATE INDEX {name}_unsigned ON {table} (unsigned_since) WHERE unsigned_since IS NOT NULL;

-- Signatures, only ever added: one per account and period.
CREATE TABLE {table}_signatures (
    key text NOT NULL,
    position bigint NOT NULL,
    n integer NOT NULL,
    period_id text NOT NULL,
    signed_at timestamptz NOT NULL,
    after_days integer,
    PRIMARY KEY (key, position, n)
);

CREATE INDEX {name}_signature ON {table}_signatures (key, period_id);
