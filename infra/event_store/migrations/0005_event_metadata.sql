-- Event metadata: when an event was recorded, who gave the command, and in which chain of causes.
-- Nullable and without a default, so that no row is rewritten and a release without them may still write.
ALTER TABLE public.stored_events
    ADD COLUMN IF NOT EXISTS recorded_at timestamptz,
    ADD COLUMN IF NOT EXISTS actor text,
    ADD COLUMN IF NOT EXISTS role text,
    ADD COLUMN IF NOT EXISTS correlation_id text,
    ADD COLUMN IF NOT EXISTS causation_id text,
    ADD COLUMN IF NOT EXISTS traceparent text;
