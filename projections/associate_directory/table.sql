-- One row per associate.
CREATE TABLE {table} (
    key text PRIMARY KEY,
    position bigint NOT NULL,
    state json NOT NULL,
    status text NOT NULL,
    store_id text,
    department text,
    reference text,
    made_up boolean NOT NULL,
    stores text[] NOT NULL,
    left_on date,
    leaves_at timestamptz
);

CREATE INDEX {name}_store ON {table} (store_id, key);
CREATE INDEX {name}_status ON {table} (status, key);
CREATE INDEX {name}_departments ON {table} (store_id, department) WHERE status = 'working';
CREATE INDEX {name}_stores ON {table} USING gin (stores);
CREATE INDEX {name}_reference ON {table} (reference) WHERE reference IS NOT NULL;
CREATE INDEX {name}_leaves_at ON {table} (leaves_at) WHERE leaves_at IS NOT NULL;

-- Where associates came to work, only ever added: which stores there are is read by steps through its index.
CREATE TABLE {table}_workplaces (
    key text NOT NULL,
    position bigint NOT NULL,
    n integer NOT NULL,
    store_id text NOT NULL,
    PRIMARY KEY (key, position, n)
);

CREATE INDEX {name}_workplace ON {table}_workplaces (store_id);
