-- Addresses of others to which events are sent. Empty `types` and `partitions` want all of them.
CREATE TABLE IF NOT EXISTS webhooks.endpoints (
    endpoint_id text PRIMARY KEY,
    name text NOT NULL UNIQUE,
    url text NOT NULL,
    types text[] NOT NULL,
    partitions int[] NOT NULL,
    added_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    paused boolean NOT NULL DEFAULT false,
    -- Why nothing is sent any more: 410 Gone, or nothing was taken for days.
    disabled text
);

-- How far each endpoint has come in an epoch of the log: what stands up to `position` was taken, parked or is
-- not wanted; of partition n up to `reached[n + 1]`, where that is further.
CREATE TABLE IF NOT EXISTS webhooks.progress (
    endpoint_id text PRIMARY KEY REFERENCES webhooks.endpoints ON DELETE CASCADE,
    epoch text NOT NULL,
    position bigint NOT NULL,
    reached bigint[] NOT NULL,
    -- Since when nothing has been taken, though something was tried.
    failing_since timestamptz,
    last_error text
) WITH (fillfactor = 50);

-- Events that an endpoint did not take, and those of the same key (customer, else aggregate) behind them.
CREATE TABLE IF NOT EXISTS webhooks.parked (
    endpoint_id text NOT NULL REFERENCES webhooks.endpoints ON DELETE CASCADE,
    key text NOT NULL,
    position bigint NOT NULL,
    topic text NOT NULL,
    stream_id text NOT NULL,
    reason text NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    tries integer NOT NULL DEFAULT 0,
    -- Somebody wants them sent once more.
    retry boolean NOT NULL DEFAULT false,
    PRIMARY KEY (endpoint_id, key, position)
);

-- Who changed what of an endpoint, and why. It stays when the endpoint is gone.
CREATE TABLE IF NOT EXISTS webhooks.changes (
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor text NOT NULL,
    name text NOT NULL,
    change text NOT NULL,
    reason text
);
