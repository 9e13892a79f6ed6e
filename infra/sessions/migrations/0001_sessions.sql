-- Who is signed in with a browser. A row is found by the hash of the session's id: whoever reads the table,
-- or a backup of it, cannot be anybody.
CREATE TABLE IF NOT EXISTS sessions.sessions (
    id_hash bytea PRIMARY KEY,
    subject text NOT NULL,
    role text NOT NULL,
    associate_id text,
    stores text[] NOT NULL,
    scopes text[] NOT NULL,
    used_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    -- The session at the OpenID provider (`sid`), and the ID token by which it is ended there, too.
    provider_session text,
    id_token text
);

CREATE INDEX IF NOT EXISTS sessions_subject_idx ON sessions.sessions (subject);

-- Who signed out everywhere, and when: tokens that were issued to them before are refused.
CREATE TABLE IF NOT EXISTS sessions.sign_outs (
    subject text PRIMARY KEY,
    signed_out_at timestamptz NOT NULL
);
