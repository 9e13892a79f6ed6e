-- outside a transaction
-- The log is searched by its metadata. Built beside the writers; one that was interrupted is built anew.
DROP INDEX CONCURRENTLY IF EXISTS public.stored_events_recorded_at_idx;

CREATE INDEX CONCURRENTLY stored_events_recorded_at_idx
    ON public.stored_events (recorded_at, notification_id) WHERE recorded_at IS NOT NULL;

DROP INDEX CONCURRENTLY IF EXISTS public.stored_events_actor_idx;

CREATE INDEX CONCURRENTLY stored_events_actor_idx
    ON public.stored_events (actor, notification_id) WHERE actor IS NOT NULL;

DROP INDEX CONCURRENTLY IF EXISTS public.stored_events_correlation_idx;

CREATE INDEX CONCURRENTLY stored_events_correlation_idx
    ON public.stored_events (correlation_id, notification_id) WHERE correlation_id IS NOT NULL;
