-- By what an associate finds a customer's record: a Bloom filter of keyed digests of what its texts are made
-- of, so that a search decrypts whom it found and nobody else. A cache: an entry counts only for the record's
-- `position`, in the `context` it was made in. It goes with the data key. Unlogged: it is in no write-ahead
-- log, on no standby and in no base backup.
CREATE UNLOGGED TABLE IF NOT EXISTS vault.search_entries (
    associate_id text NOT NULL,
    subject_id text NOT NULL,
    position bigint NOT NULL,
    context text NOT NULL,
    grams bit(2048) NOT NULL,
    PRIMARY KEY (associate_id, subject_id)
) WITH (fillfactor = 70);

CREATE INDEX IF NOT EXISTS search_entries_subject ON vault.search_entries (subject_id);

-- ANALYZE would copy some of them into the catalog, where no erasing finds them.
ALTER TABLE vault.search_entries ALTER COLUMN grams SET STATISTICS 0;
