-- What projections there are, where each of their generations stands, and what waits.

-- One row per projection. A paused one is not projected until it is resumed, over restarts too.
CREATE TABLE IF NOT EXISTS projections.switches (
    name text PRIMARY KEY,
    paused boolean NOT NULL DEFAULT false,
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- One row per generation of a projection's tables; its checkpoint. Whoever writes rows of a generation holds
-- this row's lock and gives it a new `revision`, a random number that none before it had, also not one that
-- was lost when PostgreSQL crashed. So a reader of rows who saw the same revision twice knows that nothing
-- was written.
CREATE TABLE IF NOT EXISTS projections.generations (
    name text NOT NULL,
    generation integer NOT NULL CHECK (generation > 0),
    status text NOT NULL CHECK (status IN ('building', 'ready', 'active', 'retired')),
    position bigint NOT NULL DEFAULT 0,
    revision bigint NOT NULL DEFAULT 0,
    made_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    activated_at timestamptz,
    moved_at timestamptz,
    PRIMARY KEY (name, generation)
) WITH (fillfactor = 50);
-- True: its rows hold facts that the log lost when it was set back. It may be read, and is never written to
-- again.
ALTER TABLE projections.generations
    ADD COLUMN IF NOT EXISTS other_history boolean NOT NULL DEFAULT false;
CREATE UNIQUE INDEX IF NOT EXISTS generations_active ON projections.generations (name)
    WHERE status = 'active';

-- The checkpoint that belongs to what readers see is the one that is serving.
CREATE OR REPLACE VIEW projections.checkpoints AS
    SELECT name AS projection, generation, position, status = 'active' AS serving
    FROM projections.generations;

-- Events that wait: the first of a key is the one its fold could not take in, the others came later.
CREATE TABLE IF NOT EXISTS projections.parked (
    projection text NOT NULL,
    generation integer NOT NULL,
    key text NOT NULL,
    position bigint NOT NULL,
    topic text NOT NULL,
    stream_id text NOT NULL,
    reason text NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (projection, generation, key, position)
);

-- Keys whose rows are not what folding the log anew gives; found by the verification that runs beside the
-- projector.
CREATE TABLE IF NOT EXISTS projections.differences (
    projection text NOT NULL,
    generation integer NOT NULL,
    key text NOT NULL,
    position bigint NOT NULL,
    what text NOT NULL,
    found_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (projection, generation, key)
);

-- When a projection's rows are to be verified again, by whichever process of the projector comes first.
CREATE TABLE IF NOT EXISTS projections.verifications (
    projection text PRIMARY KEY,
    due_at timestamptz NOT NULL
) WITH (fillfactor = 50);

-- What each running service last said of itself.
CREATE TABLE IF NOT EXISTS projections.heartbeats (
    service text NOT NULL,
    instance text NOT NULL,
    at timestamptz NOT NULL,
    status json NOT NULL,
    PRIMARY KEY (service, instance)
) WITH (fillfactor = 50);
