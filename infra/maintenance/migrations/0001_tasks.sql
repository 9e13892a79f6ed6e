-- What operators ask of the house over the API: it is carried out by a process with the owner's rights, and
-- says who asked for what. Only ids and the operator's own words are in it.
CREATE TABLE IF NOT EXISTS maintenance.tasks (
    task_id text PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('retry', 'discard', 'rebuild')),
    source text NOT NULL DEFAULT '',
    key text NOT NULL DEFAULT '',
    projections text[] NOT NULL DEFAULT '{}',
    reason text,
    actor text NOT NULL,
    role text,
    asked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    begun_at timestamptz,
    ended_at timestamptz,
    status text NOT NULL DEFAULT 'waiting' CHECK (status IN ('waiting', 'running', 'done', 'failed')),
    folded_events bigint NOT NULL DEFAULT 0,
    expected_events bigint NOT NULL DEFAULT 0,
    outcome text
);

-- The same thing is asked for once at a time.
CREATE UNIQUE INDEX IF NOT EXISTS tasks_open_idx ON maintenance.tasks (kind, source, key, projections)
    WHERE status IN ('waiting', 'running');
