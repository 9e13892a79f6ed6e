-- Tags answer what this index over stored bytes answered.
DROP INDEX IF EXISTS public.stored_events_owner_idx;
