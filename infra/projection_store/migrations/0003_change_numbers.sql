-- Rows of some projections have a number that is given anew whenever they are written, so that whoever
-- follows a table finds what was changed, also where a key was folded anew. Writers of a generation hold the
-- lock of its checkpoint: numbers become visible in their order.
CREATE SEQUENCE IF NOT EXISTS projections.change_numbers;

CREATE OR REPLACE FUNCTION projections.number_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.change_no := nextval('projections.change_numbers');
    RETURN NEW;
END
$$;
