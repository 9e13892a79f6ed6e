-- The tags of events that were written before there were tags. It only reads the log, so nobody waits for it;
-- the expressions are those of the index that goes next, and fail on no bytes.
INSERT INTO public.event_tags (tag, position)
SELECT 'owner:' || substring(encode(state, 'escape') from '"associate_id":"([^"]*)"'), notification_id
FROM public.stored_events
WHERE starts_with(topic, 'customer.owner_')
    AND substring(encode(state, 'escape') from '"associate_id":"([^"]*)"') IS NOT NULL
ON CONFLICT DO NOTHING;
