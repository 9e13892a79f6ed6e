-- One key per subject (a customer, an associate), wrapped by the master key, which is never in the database.
-- It is kept apart from the log and backed up apart from it: a log restored without its keys tells no names.
CREATE SCHEMA IF NOT EXISTS vault;

CREATE TABLE IF NOT EXISTS vault.keys (
    subject_id text COLLATE "C" PRIMARY KEY,
    wrapped_key bytea,
    made_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    destroyed_at timestamptz,
    -- A destroyed key leaves its row behind, so that the subject can never get another one.
    CONSTRAINT destroyed_has_no_key CHECK ((wrapped_key IS NULL) = (destroyed_at IS NOT NULL))
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
