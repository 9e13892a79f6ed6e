-- States of long histories, each as of a version. All of it can be deleted at any time: histories are then
-- read from their beginning, once.
CREATE TABLE IF NOT EXISTS public.snapshots (
    stream_id text PRIMARY KEY,
    -- The event that led to the state: the log must have the same one there.
    version bigint NOT NULL,
    position bigint NOT NULL,
    recorded_at timestamptz,
    event_digest bytea NOT NULL,
    -- The code that made the state, and the positions of the history that it leaves out.
    code_digest bytea NOT NULL,
    left_out bigint[] NOT NULL,
    state bytea NOT NULL,
    saved_at timestamptz NOT NULL DEFAULT now()
);
ALTER TABLE public.snapshots ALTER COLUMN state SET STORAGE EXTERNAL;

-- What a state has ever more of, in pages under the digests of their bytes. Those that no snapshot names any
-- more stay for a day, for the processes that hold the state of before.
CREATE TABLE IF NOT EXISTS public.snapshot_pages (
    stream_id text NOT NULL,
    digest bytea NOT NULL,
    items bytea NOT NULL,
    dropped_at timestamptz,
    PRIMARY KEY (stream_id, digest)
);
ALTER TABLE public.snapshot_pages ALTER COLUMN items SET STORAGE EXTERNAL;
