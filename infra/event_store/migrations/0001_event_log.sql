-- The event log, and what is written in its commits. The library's table, but for customer_id.
CREATE TABLE IF NOT EXISTS public.stored_events (
    originator_id text NOT NULL,
    originator_version bigint NOT NULL,
    topic text,
    state bytea,
    notification_id bigserial,
    PRIMARY KEY (originator_id, originator_version)
) WITH (
    autovacuum_enabled = true,
    autovacuum_vacuum_threshold = 100000000,
    autovacuum_vacuum_scale_factor = 0.5,
    autovacuum_analyze_threshold = 1000,
    autovacuum_analyze_scale_factor = 0.01
);
ALTER TABLE public.stored_events ADD COLUMN IF NOT EXISTS customer_id text;
-- Receipts of many lines are longer than a row may be; compressing them takes as long as the rest of an
-- insert.
ALTER TABLE public.stored_events ALTER COLUMN state SET STORAGE EXTERNAL;
CREATE UNIQUE INDEX IF NOT EXISTS stored_events_notification_id_idx ON public.stored_events (notification_id);
CREATE INDEX IF NOT EXISTS stored_events_customer_idx ON public.stored_events (customer_id, notification_id)
    WHERE customer_id IS NOT NULL;

-- Each command result, kept for ever under its idempotency key.
CREATE TABLE IF NOT EXISTS public.idempotency_keys (
    idempotency_key text PRIMARY KEY,
    digest bytea NOT NULL,
    answer bytea NOT NULL,
    answered_at timestamptz NOT NULL DEFAULT now()
);

-- Events that one projection, or every reader of the log, leaves out.
CREATE TABLE IF NOT EXISTS public.quarantined_events (
    projection text NOT NULL,
    key text NOT NULL,
    position bigint NOT NULL,
    topic text NOT NULL,
    stream_id text NOT NULL,
    reason text NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (projection, position)
);

-- The epochs of the log, the current one last. Up to common_position each has the history of the one before.
CREATE TABLE IF NOT EXISTS public.log_epochs (
    number int PRIMARY KEY,
    epoch text NOT NULL UNIQUE,
    began_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
ALTER TABLE public.log_epochs ADD COLUMN IF NOT EXISTS stamp_key bytea;
ALTER TABLE public.log_epochs ADD COLUMN IF NOT EXISTS stamped_from bigint NOT NULL DEFAULT 0;
ALTER TABLE public.log_epochs ADD COLUMN IF NOT EXISTS common_position bigint NOT NULL DEFAULT 0;
