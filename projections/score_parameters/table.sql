-- One row for the whole company, with every version of the score's parameters. Scores are read beside it.
CREATE TABLE {table} (
    key text PRIMARY KEY,
    position bigint NOT NULL,
    state json NOT NULL,
    version integer NOT NULL
);
