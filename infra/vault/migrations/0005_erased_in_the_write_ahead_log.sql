-- Up to where the write-ahead log may have the keys that were destroyed: a replication slot from before that
-- keeps them.
ALTER TABLE vault.erased ADD COLUMN IF NOT EXISTS wal_until pg_lsn;
