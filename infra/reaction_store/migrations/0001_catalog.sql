-- How far each reaction has followed the log, and what could not be taken in.

-- One row per reaction; its checkpoint. Everything up to `position` has been followed. Rebuilding tables
-- never moves it.
CREATE TABLE IF NOT EXISTS reactions.positions (
    name text PRIMARY KEY,
    position bigint NOT NULL DEFAULT 0,
    moved_at timestamptz NOT NULL DEFAULT clock_timestamp()
) WITH (fillfactor = 50);

-- Messages of other services (source `inventory`), and facts that a reaction could not follow (source: its
-- name, key: the position). `content` is the message as it came, sealed with the key of `key`: nobody knows
-- what somebody may have put there.
CREATE TABLE IF NOT EXISTS reactions.kept_aside (
    source text NOT NULL,
    key text NOT NULL,
    about text NOT NULL,
    reason text NOT NULL,
    headers text,
    content text,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    tries integer NOT NULL DEFAULT 1,
    PRIMARY KEY (source, key)
);
