-- What everybody may know of the epochs: not their keys. No view, because the backup of a release without it
-- could then not be restored over it.
CREATE OR REPLACE FUNCTION public.log_lineage() RETURNS TABLE (epoch text, common_position bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT e.epoch, e.common_position FROM public.log_epochs e ORDER BY e.number
$$;

-- The chained hash of a range of events, by which others prove that what they have is what the log has. It
-- can be carried on from 32 bytes, after any event.
CREATE OR REPLACE FUNCTION public.chain_event(hash bytea, event bytea) RETURNS bytea
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT sha256(hash || event) $$;

CREATE OR REPLACE AGGREGATE public.chain_of_events(bytea) (
    SFUNC = public.chain_event,
    STYPE = bytea,
    INITCOND = '\x0000000000000000000000000000000000000000000000000000000000000000'
);
