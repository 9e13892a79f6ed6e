-- What the lists of associates say of their customers on a day: the score, and the call that is due, as they
-- hold from `since` until `until`. Folded from the projections' rows and thrown away freely: an entry counts
-- only while `signature` is the position of the customer's rows and `context` is that of everything else.
CREATE TABLE IF NOT EXISTS projections.day_contexts (
    associate_id text PRIMARY KEY,
    store_stream text,
    time_zone text NOT NULL,
    context text NOT NULL
) WITH (fillfactor = 50);

CREATE TABLE IF NOT EXISTS projections.day_entries (
    associate_id text NOT NULL,
    customer_id text NOT NULL,
    signature bigint NOT NULL,
    context text NOT NULL,
    since timestamptz NOT NULL,
    until timestamptz NOT NULL,
    -- Who else has promised them something, and who of those worked here.
    promisers text[],
    working text[],
    is_primary boolean NOT NULL,
    is_secondary boolean NOT NULL,
    score integer NOT NULL,
    net_spend_minor bigint NOT NULL,
    -- Of a person with several records; of others it stands in the book.
    summary text,
    call text,
    PRIMARY KEY (associate_id, customer_id)
) WITH (fillfactor = 70);
