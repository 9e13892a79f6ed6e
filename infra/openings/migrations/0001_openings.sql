-- Who read whose personal data: one row for each answer that told of customers. No names are in it, so
-- that it outlives an erasure.
CREATE TABLE IF NOT EXISTS openings.openings (
    opened_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor text NOT NULL,
    role text,
    operation text NOT NULL,
    correlation_id text,
    traceparent text,
    -- The hexadecimal digits of their ids, which fit 16 bytes each.
    customers uuid[] NOT NULL
);

CREATE INDEX IF NOT EXISTS openings_opened_at_idx ON openings.openings (opened_at);

CREATE INDEX IF NOT EXISTS openings_actor_idx ON openings.openings (actor, opened_at);

CREATE INDEX IF NOT EXISTS openings_customers_idx ON openings.openings USING gin (customers);
