-- One commit in one round trip: while it waits for the log, nobody else writes.
-- The lock comes first, and each statement behind it sees what was committed before it was given:
-- so positions are in the order of the commits, and what is asked here is true until the commit.
CREATE OR REPLACE FUNCTION public.append_events(
    -- What the writer knows: an event of the log, what every reader leaves out, and the version of each
    -- stream that its decisions read and do not write to.
    known_position bigint, known_stream text, known_version bigint, known_state bytea,
    known_left_out bigint[], read_streams text[], read_versions bigint[],
    -- The results of the commands.
    keys text[], digests bytea[], answers bytea[],
    -- The events.
    streams text[], versions bigint[], topics text[], states bytea[], customers text[],
    actors text[], roles text[], correlations text[], causations text[], traceparents text[],
    -- Tags, and the events that have them.
    tags text[], tagged_streams text[], tagged_versions bigint[]
) RETURNS bigint[] LANGUAGE plpgsql AS $$
DECLARE
    now_at timestamptz;
    positions bigint[];
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE 'events are appended in READ COMMITTED alone: what is asked under the lock has to be true then';
    END IF;
    PERFORM set_config('lock_timeout', '0', true);
    -- One writer at a time, until its commit. Locking the table would wait for its vacuum, too; this mode
    -- does not, and waits for releases that lock the table, as they do for us.
    PERFORM pg_advisory_xact_lock(hashtext('clienteling log'));
    LOCK TABLE public.stored_events IN ROW EXCLUSIVE MODE;
    NOTIFY stored_events;
    IF known_position IS NOT NULL AND NOT EXISTS (
        SELECT FROM public.stored_events e WHERE e.notification_id = known_position
            AND e.originator_id = known_stream AND e.originator_version = known_version
            AND e.state = known_state
    ) OR known_left_out IS DISTINCT FROM ARRAY(
        SELECT q.position FROM public.quarantined_events q WHERE q.projection = 'log' ORDER BY q.position
    ) AND known_left_out IS NOT NULL OR EXISTS (
        SELECT FROM unnest(read_streams, read_versions) AS r (stream, version)
        WHERE r.version IS DISTINCT FROM coalesce((
            SELECT e.originator_version FROM public.stored_events e WHERE e.originator_id = r.stream
            ORDER BY e.originator_version DESC LIMIT 1
        ), 0)
    ) THEN
        RAISE integrity_constraint_violation USING MESSAGE = 'what a decision was made on has moved on';
    END IF;
    INSERT INTO public.idempotency_keys (idempotency_key, digest, answer)
        SELECT * FROM unnest(keys, digests, answers);
    now_at := public.log_time();
    WITH written AS (
        INSERT INTO public.stored_events (
            originator_id, originator_version, topic, state, customer_id,
            actor, role, correlation_id, causation_id, traceparent, recorded_at
        )
        SELECT *, now_at FROM unnest(
            streams, versions, topics, states, customers,
            actors, roles, correlations, causations, traceparents
        )
        RETURNING originator_id, originator_version, notification_id
    ), tagged AS (
        INSERT INTO public.event_tags (tag, position)
        SELECT t.tag, w.notification_id
        FROM unnest(tags, tagged_streams, tagged_versions) AS t (tag, stream, version)
        JOIN written w ON w.originator_id = t.stream AND w.originator_version = t.version
        ON CONFLICT DO NOTHING
    )
    SELECT array_agg(w.notification_id ORDER BY w.notification_id) INTO positions FROM written w;
    RETURN positions;
END
$$;
