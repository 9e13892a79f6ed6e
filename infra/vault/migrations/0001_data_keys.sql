-- One key per subject (a customer, an associate), wrapped by the master key, which is never in the database.
-- It is kept apart from the log and backed up apart from it: a log restored without its keys tells no names.
CREATE TABLE IF NOT EXISTS vault.keys (
    subject_id text COLLATE "C" PRIMARY KEY,
    wrapped_key bytea,
    made_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    destroyed_at timestamptz,
    -- A destroyed key leaves its row behind, so that the subject can never get another one.
    CONSTRAINT destroyed_has_no_key CHECK ((wrapped_key IS NULL) = (destroyed_at IS NOT NULL))
);

-- ANALYZE would copy some of the wrapped keys into the catalog, where no destroying finds them.
ALTER TABLE vault.keys ALTER COLUMN wrapped_key SET STATISTICS 0;

CREATE INDEX IF NOT EXISTS keys_destroyed ON vault.keys (destroyed_at) WHERE destroyed_at IS NOT NULL;

-- How many destroyed keys have also gone from the table's file and the write-ahead log. They are counted,
-- because a commit that comes late may have an early time.
CREATE TABLE IF NOT EXISTS vault.erased (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    keys bigint NOT NULL,
    erased_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Which master key wraps them: another one is refused at start, instead of failing at the first name.
CREATE TABLE IF NOT EXISTS vault.master_key (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    fingerprint text NOT NULL,
    in_use_since timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE OR REPLACE FUNCTION vault.keep_destroyed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the key of % was destroyed and stays so', OLD.subject_id;
END
$$;

CREATE OR REPLACE TRIGGER keep_destroyed BEFORE UPDATE OR DELETE ON vault.keys
    FOR EACH ROW WHEN (OLD.destroyed_at IS NOT NULL) EXECUTE FUNCTION vault.keep_destroyed();
