-- One row per customer record: their page, what books are asked by, and the summary a list shows. A page fits
-- beside its summary in the row: it is read and written whole, so it is neither compressed nor moved out.
CREATE TABLE {table} (
    key text PRIMARY KEY,
    position bigint NOT NULL,
    state json NOT NULL,
    primary_owner text,
    secondary_owners text[],
    net_spend_minor bigint NOT NULL,
    visits integer NOT NULL,
    last_visit_at timestamptz,
    last_contact_at timestamptz,
    waiting text[],
    promised_by text[],
    merged_into text,
    related boolean NOT NULL,
    forgotten boolean NOT NULL,
    summary json NOT NULL
) WITH (fillfactor = 90, toast_tuple_target = 8160);

-- A book, the best customers first; also counted by. Records read as a part of another one are no customers
-- of their own.
CREATE INDEX {name}_book ON {table} (primary_owner, net_spend_minor DESC, key) WHERE merged_into IS NULL;
-- Few customers have a second owner, wait for something or have two records: the indexes hold only those.
CREATE INDEX {name}_secondary ON {table} USING gin (secondary_owners) WHERE secondary_owners IS NOT NULL;
CREATE INDEX {name}_waiting ON {table} USING gin (waiting) WHERE waiting IS NOT NULL;
CREATE INDEX {name}_promised ON {table} USING gin (promised_by) WHERE promised_by IS NOT NULL;
CREATE INDEX {name}_merged ON {table} (merged_into) WHERE merged_into IS NOT NULL;
CREATE INDEX {name}_related ON {table} (primary_owner) WHERE related;
