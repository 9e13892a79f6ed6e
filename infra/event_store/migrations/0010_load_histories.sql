-- What is folded for the states of streams: the events of each from its snapshot's own on, or all of them.
-- A snapshot counts where it is by the same code and leaves out the same events; its state comes with its own
-- event, if the log has that one. A stream without any event to be read has a row without one.
--
-- Stream by stream, by the index: where few streams have most of the events, the planner takes a history's
-- last events for a third of the log, and reads all of it.
CREATE OR REPLACE FUNCTION public.load_histories(stream_ids text[], code bytea) RETURNS TABLE (
    stream_id text, snapshot_version bigint, snapshot_state bytea,
    "position" bigint, version bigint, topic text, customer_id text, state bytea
) LANGUAGE plpgsql STABLE SET enable_seqscan = off AS $$
DECLARE
    wanted text;
    found_one public.snapshots;
BEGIN
    FOREACH wanted IN ARRAY stream_ids LOOP
        SELECT s.* INTO found_one FROM public.snapshots s
        WHERE s.stream_id = wanted AND s.code_digest = code AND s.left_out = ARRAY(
            SELECT q.position FROM public.quarantined_events q
            WHERE q.projection = 'log' AND q.stream_id = wanted ORDER BY q.position
        );
        RETURN QUERY
        SELECT wanted, found_one.version,
            CASE WHEN (e.originator_version, e.notification_id, sha256(e.state))
                = (found_one.version, found_one.position, found_one.event_digest)
                AND e.recorded_at IS NOT DISTINCT FROM found_one.recorded_at THEN found_one.state END,
            e.notification_id, e.originator_version, e.topic, e.customer_id, e.state
        FROM public.stored_events e
        WHERE e.originator_id = wanted AND e.originator_version >= coalesce(found_one.version, 1)
        ORDER BY e.originator_version;
        IF NOT FOUND THEN
            RETURN QUERY SELECT wanted, found_one.version, NULL::bytea,
                NULL::bigint, NULL::bigint, NULL::text, NULL::text, NULL::bytea;
        END IF;
    END LOOP;
END
$$;
