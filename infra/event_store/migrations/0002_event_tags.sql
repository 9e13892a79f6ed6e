-- The tags that the domain gives its events, which the log can be searched for.
CREATE TABLE IF NOT EXISTS public.event_tags (
    tag text COLLATE "C",
    position bigint,
    PRIMARY KEY (tag, position)
);

-- A release without tags may still write to the log it made: there a trigger writes them.
DO $$
BEGIN
    IF to_regclass('public.stored_events_owner_idx') IS NULL THEN
        RETURN;
    END IF;
    CREATE OR REPLACE FUNCTION public.tag_event() RETURNS trigger LANGUAGE plpgsql AS $tag$
    BEGIN
        INSERT INTO public.event_tags (tag, position)
        SELECT 'owner:' || associate_id, NEW.notification_id
        FROM substring(encode(NEW.state, 'escape') from '"associate_id":"([^"]*)"') AS associate_id
        WHERE associate_id IS NOT NULL
        ON CONFLICT DO NOTHING;
        RETURN NULL;
    END
    $tag$;
    CREATE OR REPLACE TRIGGER tag_event AFTER INSERT ON public.stored_events
        FOR EACH ROW WHEN (starts_with(NEW.topic, 'customer.owner_')) EXECUTE FUNCTION public.tag_event();
END
$$;
