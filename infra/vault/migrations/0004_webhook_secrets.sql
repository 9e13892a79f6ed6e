-- The secrets by which webhooks are signed (Standard Webhooks), each wrapped by the master key for its
-- endpoint as a subject's key is. They stand here and not with the endpoints: a backup of the log has none
-- of them, and whoever sends webhooks need not read the keys of customers.
CREATE TABLE IF NOT EXISTS vault.webhook_secrets (
    endpoint_id text NOT NULL,
    wrapped bytea PRIMARY KEY,
    made_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- Until when it signs beside its successor; NULL: it has none.
    until timestamptz
);
