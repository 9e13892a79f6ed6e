-- A release without metadata may still write: its events are given the time all the same. It never decreases
-- with the position, even where the database's clock is set back.
CREATE OR REPLACE FUNCTION public.log_time() RETURNS timestamptz LANGUAGE sql VOLATILE AS $$
    SELECT greatest(clock_timestamp(), (SELECT max(recorded_at) FROM public.stored_events))
$$;
ALTER TABLE public.stored_events ALTER COLUMN recorded_at SET DEFAULT public.log_time();
