-- The blind index, by which a customer is found in the whole house: keyed digests (HMAC) of what their
-- records can be found by. A cache like vault.search_entries: unlogged, and made anew from the customer
-- directory.
--
-- Digests stand apart from whose they are, so that forgetting a customer need not write all digests anew:
-- what is left of a row's former bytes says of nobody whose it was, once the small table is written anew.
CREATE UNLOGGED TABLE IF NOT EXISTS vault.blind_index_subjects (
    subject_id text PRIMARY KEY,
    entry uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    -- Digest of the texts that the entry is made of, of form, master key and region.
    made_of text NOT NULL
);

CREATE UNLOGGED TABLE IF NOT EXISTS vault.blind_index_entries (
    entry uuid PRIMARY KEY,
    tokens bigint[] NOT NULL
);

CREATE INDEX IF NOT EXISTS blind_index_tokens ON vault.blind_index_entries USING gin (tokens);

-- ANALYZE would copy some of them into the catalog, where no erasing finds them.
ALTER TABLE vault.blind_index_entries ALTER COLUMN tokens SET STATISTICS 0;

-- How far the index follows the directory: `change_no` of the last row that it has taken in, in a context
-- (generation of the directory, form, master key, region).
CREATE UNLOGGED TABLE IF NOT EXISTS vault.blind_index (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    context text NOT NULL,
    change_no bigint NOT NULL
);
