SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET transaction_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;
CREATE SCHEMA infra;
CREATE SCHEMA projections;
CREATE SCHEMA reactions;
CREATE SCHEMA vault;
CREATE TYPE public.stored_event_text AS (
	originator_id text,
	originator_version bigint,
	topic text,
	state bytea
);
CREATE FUNCTION public.es_insert_events_text(events public.stored_event_text[]) RETURNS SETOF bigint
    LANGUAGE plpgsql
    AS $$BEGIN    SET LOCAL lock_timeout = '0s';    NOTIFY "stored_events";    RETURN QUERY    INSERT INTO "public"."stored_events" AS t (    originator_id, originator_version, topic, state)    SELECT originator_id, originator_version, topic, state    FROM unnest(events)    RETURNING notification_id;END;$$;
CREATE FUNCTION vault.keep_destroyed() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE EXCEPTION 'the key of % was destroyed and stays so', OLD.subject_id;
END
$$;
SET default_table_access_method = heap;
CREATE TABLE infra.applied_ddl (
    file text NOT NULL COLLATE pg_catalog."C",
    sha256 bytea NOT NULL,
    applied_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);
CREATE TABLE projections.generations (
    name text NOT NULL,
    generation integer NOT NULL,
    status text NOT NULL,
    "position" bigint DEFAULT 0 NOT NULL,
    revision bigint DEFAULT 0 NOT NULL,
    made_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    activated_at timestamp with time zone,
    moved_at timestamp with time zone,
    other_history boolean DEFAULT false NOT NULL,
    CONSTRAINT generations_generation_check CHECK ((generation > 0)),
    CONSTRAINT generations_status_check CHECK ((status = ANY (ARRAY['building'::text, 'ready'::text, 'active'::text, 'retired'::text])))
)
WITH (fillfactor='50');
CREATE VIEW projections.checkpoints AS
 SELECT name AS projection,
    generation,
    "position",
    (status = 'active'::text) AS serving
   FROM projections.generations;
CREATE TABLE projections.differences (
    projection text NOT NULL,
    generation integer NOT NULL,
    key text NOT NULL,
    "position" bigint NOT NULL,
    what text NOT NULL,
    found_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);
CREATE TABLE projections.heartbeats (
    service text NOT NULL,
    instance text NOT NULL,
    at timestamp with time zone NOT NULL,
    status json NOT NULL
)
WITH (fillfactor='50');
CREATE TABLE projections.parked (
    projection text NOT NULL,
    generation integer NOT NULL,
    key text NOT NULL,
    "position" bigint NOT NULL,
    topic text NOT NULL,
    stream_id text NOT NULL,
    reason text NOT NULL,
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);
CREATE TABLE projections.switches (
    name text NOT NULL,
    paused boolean DEFAULT false NOT NULL,
    changed_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);
CREATE TABLE projections.verifications (
    projection text NOT NULL,
    due_at timestamp with time zone NOT NULL
)
WITH (fillfactor='50');
CREATE TABLE public.idempotency_keys (
    idempotency_key text NOT NULL,
    digest bytea NOT NULL,
    answer bytea NOT NULL,
    answered_at timestamp with time zone DEFAULT now() NOT NULL
);
CREATE TABLE public.log_epochs (
    number integer NOT NULL,
    epoch text NOT NULL,
    began_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    stamp_key bytea,
    stamped_from bigint DEFAULT 0 NOT NULL
);
CREATE TABLE public.quarantined_events (
    projection text NOT NULL,
    key text NOT NULL,
    "position" bigint NOT NULL,
    topic text NOT NULL,
    stream_id text NOT NULL,
    reason text NOT NULL,
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);
CREATE TABLE public.stored_events (
    originator_id text NOT NULL,
    originator_version bigint NOT NULL,
    topic text,
    state bytea,
    notification_id bigint NOT NULL,
    customer_id text
)
WITH (autovacuum_enabled='true', autovacuum_vacuum_threshold='100000000', autovacuum_vacuum_scale_factor='0.5', autovacuum_analyze_threshold='1000', autovacuum_analyze_scale_factor='0.01');
ALTER TABLE ONLY public.stored_events ALTER COLUMN state SET STORAGE EXTERNAL;
COMMENT ON TABLE public.stored_events IS 'e7225167871f441152902b842c24761eddafaf7940d75c04b376514718054585';
CREATE SEQUENCE public.stored_events_notification_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.stored_events_notification_id_seq OWNED BY public.stored_events.notification_id;
CREATE TABLE reactions.kept_aside (
    source text NOT NULL,
    key text NOT NULL,
    about text NOT NULL,
    reason text NOT NULL,
    headers text,
    content text,
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    tries integer DEFAULT 1 NOT NULL
);
CREATE TABLE reactions.positions (
    name text NOT NULL,
    "position" bigint DEFAULT 0 NOT NULL,
    moved_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
)
WITH (fillfactor='50');
CREATE TABLE vault.erased (
    only_row boolean DEFAULT true NOT NULL,
    keys bigint NOT NULL,
    erased_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT erased_only_row_check CHECK (only_row)
);
CREATE TABLE vault.keys (
    subject_id text NOT NULL COLLATE pg_catalog."C",
    wrapped_key bytea,
    made_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    destroyed_at timestamp with time zone,
    CONSTRAINT destroyed_has_no_key CHECK (((wrapped_key IS NULL) = (destroyed_at IS NOT NULL)))
);
ALTER TABLE ONLY vault.keys ALTER COLUMN wrapped_key SET STATISTICS 0;
CREATE TABLE vault.master_key (
    only_row boolean DEFAULT true NOT NULL,
    fingerprint text NOT NULL,
    in_use_since timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT master_key_only_row_check CHECK (only_row)
);
ALTER TABLE ONLY public.stored_events ALTER COLUMN notification_id SET DEFAULT nextval('public.stored_events_notification_id_seq'::regclass);
INSERT INTO infra.applied_ddl VALUES ('projection_store/catalog.sql', '\x00fb682b0a98496cfb7db965d956d7df771c80b5d3a47063e18bfdd8169902f0', '2026-11-29 22:51:10.529209+00');
INSERT INTO infra.applied_ddl VALUES ('reaction_store/catalog.sql', '\xb8420650bee0c8432fcf8f4e93f94be439fadfca8c0ba5feaf7bcafcd4d2b814', '2026-11-29 22:51:10.566738+00');
INSERT INTO infra.applied_ddl VALUES ('vault/keys.sql', '\xc1b3a2b7acbaaea80a06b21ebc95047d33a82123c86b0f9197cd0d4d0014510d', '2026-11-29 22:51:11.065495+00');
INSERT INTO projections.generations VALUES ('heroics_wall', 1, 'active', 5, 0, '2026-11-29 22:51:11.551439+00', NULL, NULL, false);
INSERT INTO projections.switches VALUES ('heroics_wall', true, '2026-11-29 22:51:11.550504+00');
INSERT INTO public.idempotency_keys VALUES ('hire anna', '\xf249c0842a5c133a7cb10d9dcc0891f7b9039a0c98115904643f8eec1836a77e', '\x7b22696473223a7b226173736f63696174655f6964223a226173735f6161616161616161616161616161616161616161616161616161616161616161227d2c226576656e7473223a5b226173736f63696174652e68697265642e7631225d2c226c6173745f73747265616d223a226173735f6161616161616161616161616161616161616161616161616161616161616161222c226c6173745f76657273696f6e223a317d', '2026-11-29 22:51:11.189129+00');
INSERT INTO public.idempotency_keys VALUES ('hire ben', '\x285c077cbcda1705c9451f8992dac13a8bd3d93f867ee9ecca3dcd032226c42e', '\x7b22696473223a7b226173736f63696174655f6964223a226173735f6262626262626262626262626262626262626262626262626262626262626262227d2c226576656e7473223a5b226173736f63696174652e68697265642e7631225d2c226c6173745f73747265616d223a226173735f6262626262626262626262626262626262626262626262626262626262626262222c226c6173745f76657273696f6e223a317d', '2026-11-29 22:51:11.213784+00');
INSERT INTO public.idempotency_keys VALUES ('register 1', '\xf2f5e493ab4ff53564a52f919f592142ca32e20f7f4a1e22920beda72784d792', '\x7b22696473223a7b22637573746f6d65725f6964223a226375735f3131313131313131313131313131313131313131313131313131313131313131227d2c226576656e7473223a5b22637573746f6d65722e726567697374657265642e7631225d2c226c6173745f73747265616d223a226375735f3131313131313131313131313131313131313131313131313131313131313131222c226c6173745f76657273696f6e223a317d', '2026-11-29 22:51:11.266234+00');
INSERT INTO public.idempotency_keys VALUES ('register 2', '\xdde471588f37680108813523c51fcd447083ce5d4f16d5cefbb2b4642008c6f1', '\x7b22696473223a7b22637573746f6d65725f6964223a226375735f3232323232323232323232323232323232323232323232323232323232323232227d2c226576656e7473223a5b22637573746f6d65722e726567697374657265642e7631225d2c226c6173745f73747265616d223a226375735f3232323232323232323232323232323232323232323232323232323232323232222c226c6173745f76657273696f6e223a317d', '2026-11-29 22:51:11.290263+00');
INSERT INTO public.idempotency_keys VALUES ('own 1', '\x9c0a250dfa398d4ee0eedf037bb9db00a893d91bdff8cb1534cdb69f8d86e739', '\x7b22696473223a7b7d2c226576656e7473223a5b22637573746f6d65722e6f776e65725f61737369676e65642e7631225d2c226c6173745f73747265616d223a226375735f3131313131313131313131313131313131313131313131313131313131313131222c226c6173745f76657273696f6e223a327d', '2026-11-29 22:51:11.310382+00');
INSERT INTO public.idempotency_keys VALUES ('own 2', '\xaabe5ef9a6337854726b304b55bddc14696622484188a8329058fd02293d0ed4', '\x7b22696473223a7b7d2c226576656e7473223a5b22637573746f6d65722e6f776e65725f61737369676e65642e7631225d2c226c6173745f73747265616d223a226375735f3232323232323232323232323232323232323232323232323232323232323232222c226c6173745f76657273696f6e223a327d', '2026-11-29 22:51:11.335684+00');
INSERT INTO public.idempotency_keys VALUES ('move 1', '\x658b0e530460b54b0740864eabd189561c67be89e5c9157fe52e86ea7e57d43a', '\x7b22696473223a7b7d2c226576656e7473223a5b22637573746f6d65722e6f776e65725f726561737369676e65642e7631225d2c226c6173745f73747265616d223a226375735f3131313131313131313131313131313131313131313131313131313131313131222c226c6173745f76657273696f6e223a337d', '2026-11-29 22:51:11.369807+00');
INSERT INTO public.idempotency_keys VALUES ('forget 2', '\xcbb89ea9b51b63aa862617445dd71fc00edf17b3f151d93ee33cb668ad06dbc9', '\x7b22696473223a7b7d2c226576656e7473223a5b22637573746f6d65722e666f72676f7474656e2e7631225d2c226c6173745f73747265616d223a226375735f3232323232323232323232323232323232323232323232323232323232323232222c226c6173745f76657273696f6e223a337d', '2026-11-29 22:51:11.424608+00');
INSERT INTO public.log_epochs VALUES (1, 'b517ae394a42f66e', '2026-11-29 22:51:11.512096+00', '\xe329e5312e38b5bb0771da77c0a97925d38e5f0c374bc433235d0928d96e91ce', 0);
INSERT INTO public.quarantined_events VALUES ('clientele_book', 'x', 999, 't', 's', 'r', '2026-11-29 22:51:11.547558+00');
INSERT INTO public.stored_events VALUES ('ass_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 1, 'associate.hired.v1', '\x7b226f636375727265645f6174223a22323032362d31312d32395432323a35313a31312e3137313039325a222c226173736f63696174655f6964223a226173735f6161616161616161616161616161616161616161616161616161616161616161222c2273746f72655f6964223a22646f776e746f776e222c22706c616e223a7b2263757272656e6379223a22555344222c22626173655f726174655f6d696e6f72223a3830302c22726174655f6270223a3637357d2c2268697265645f6f6e223a22323032362d31312d3239227d', 1, NULL);
INSERT INTO public.stored_events VALUES ('ass_bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb', 1, 'associate.hired.v1', '\x7b226f636375727265645f6174223a22323032362d31312d32395432323a35313a31312e3231333337345a222c226173736f63696174655f6964223a226173735f6262626262626262626262626262626262626262626262626262626262626262222c2273746f72655f6964223a22646f776e746f776e222c22706c616e223a7b2263757272656e6379223a22555344222c22626173655f726174655f6d696e6f72223a3830302c22726174655f6270223a3637357d2c2268697265645f6f6e223a22323032362d31312d3239227d', 2, NULL);
INSERT INTO public.stored_events VALUES ('cus_11111111111111111111111111111111', 1, 'customer.registered.v1', '\x7b226f636375727265645f6174223a22323032362d31312d32395432323a35313a31312e3236323435315a222c22637573746f6d65725f6964223a226375735f3131313131313131313131313131313131313131313131313131313131313131222c226e616d65223a227365616c65643a76313a6375735f31313131313131313131313131313131313131313131313131313131313131313a6e616d653a72586b64775f685351745337654379313434546256454b3675714166754d4c6c47497337516f654d566b31774d624d504e4565674c77227d', 3, 'cus_11111111111111111111111111111111');
INSERT INTO public.stored_events VALUES ('cus_22222222222222222222222222222222', 1, 'customer.registered.v1', '\x7b226f636375727265645f6174223a22323032362d31312d32395432323a35313a31312e3238383735355a222c22637573746f6d65725f6964223a226375735f3232323232323232323232323232323232323232323232323232323232323232222c226e616d65223a227365616c65643a76313a6375735f32323232323232323232323232323232323232323232323232323232323232323a6e616d653a37724e5036354c7442513735427052576650634878636154706d4f504c2d706f336f64554e52374c6c6b4330365067765f484c527041227d', 4, 'cus_22222222222222222222222222222222');
INSERT INTO public.stored_events VALUES ('cus_11111111111111111111111111111111', 2, 'customer.owner_assigned.v1', '\x7b226f636375727265645f6174223a22323032362d31312d32395432323a35313a31312e3330373531375a222c22637573746f6d65725f6964223a226375735f3131313131313131313131313131313131313131313131313131313131313131222c226173736f63696174655f6964223a226173735f6161616161616161616161616161616161616161616161616161616161616161227d', 5, 'cus_11111111111111111111111111111111');
INSERT INTO public.stored_events VALUES ('cus_22222222222222222222222222222222', 2, 'customer.owner_assigned.v1', '\x7b226f636375727265645f6174223a22323032362d31312d32395432323a35313a31312e3333353335305a222c22637573746f6d65725f6964223a226375735f3232323232323232323232323232323232323232323232323232323232323232222c226173736f63696174655f6964223a226173735f6161616161616161616161616161616161616161616161616161616161616161222c22726f6c65223a227365636f6e64617279227d', 6, 'cus_22222222222222222222222222222222');
INSERT INTO public.stored_events VALUES ('cus_11111111111111111111111111111111', 3, 'customer.owner_reassigned.v1', '\x7b226f636375727265645f6174223a22323032362d31312d32395432323a35313a31312e3336323539385a222c22637573746f6d65725f6964223a226375735f3131313131313131313131313131313131313131313131313131313131313131222c226173736f63696174655f6964223a226173735f6262626262626262626262626262626262626262626262626262626262626262222c2270726576696f75735f6173736f63696174655f6964223a226173735f6161616161616161616161616161616161616161616161616161616161616161227d', 7, 'cus_11111111111111111111111111111111');
INSERT INTO public.stored_events VALUES ('cus_22222222222222222222222222222222', 3, 'customer.forgotten.v1', '\x7b226f636375727265645f6174223a22323032362d31312d32395432323a35313a31312e3432333231385a222c22637573746f6d65725f6964223a226375735f3232323232323232323232323232323232323232323232323232323232323232227d', 8, 'cus_22222222222222222222222222222222');
INSERT INTO reactions.positions VALUES ('wishes', 4, '2026-11-29 22:51:11.551988+00');
INSERT INTO vault.keys VALUES ('cus_11111111111111111111111111111111', '\x59d4f27951afeb503735fd8897e3abe6513c2e6e4f0dd3c7dbe55d56940a1800398763c85e548f3ee1dc37faf7de9850a62c346fb9846e617368c8f7', '2026-11-29 22:51:11.242519+00', NULL);
INSERT INTO vault.keys VALUES ('cus_22222222222222222222222222222222', NULL, '2026-11-29 22:51:11.287388+00', '2026-11-29 22:51:11.425876+00');
INSERT INTO vault.master_key VALUES (true, '53e55962bbfd3370', '2026-11-29 22:51:11.104236+00');
SELECT pg_catalog.setval('public.stored_events_notification_id_seq', 8, true);
ALTER TABLE ONLY infra.applied_ddl
    ADD CONSTRAINT applied_ddl_pkey PRIMARY KEY (file);
ALTER TABLE ONLY projections.differences
    ADD CONSTRAINT differences_pkey PRIMARY KEY (projection, generation, key);
ALTER TABLE ONLY projections.generations
    ADD CONSTRAINT generations_pkey PRIMARY KEY (name, generation);
ALTER TABLE ONLY projections.heartbeats
    ADD CONSTRAINT heartbeats_pkey PRIMARY KEY (service, instance);
ALTER TABLE ONLY projections.parked
    ADD CONSTRAINT parked_pkey PRIMARY KEY (projection, generation, key, "position");
ALTER TABLE ONLY projections.switches
    ADD CONSTRAINT switches_pkey PRIMARY KEY (name);
ALTER TABLE ONLY projections.verifications
    ADD CONSTRAINT verifications_pkey PRIMARY KEY (projection);
ALTER TABLE ONLY public.idempotency_keys
    ADD CONSTRAINT idempotency_keys_pkey PRIMARY KEY (idempotency_key);
ALTER TABLE ONLY public.log_epochs
    ADD CONSTRAINT log_epochs_epoch_key UNIQUE (epoch);
ALTER TABLE ONLY public.log_epochs
    ADD CONSTRAINT log_epochs_pkey PRIMARY KEY (number);
ALTER TABLE ONLY public.quarantined_events
    ADD CONSTRAINT quarantined_events_pkey PRIMARY KEY (projection, "position");
ALTER TABLE ONLY public.stored_events
    ADD CONSTRAINT stored_events_pkey PRIMARY KEY (originator_id, originator_version);
ALTER TABLE ONLY reactions.kept_aside
    ADD CONSTRAINT kept_aside_pkey PRIMARY KEY (source, key);
ALTER TABLE ONLY reactions.positions
    ADD CONSTRAINT positions_pkey PRIMARY KEY (name);
ALTER TABLE ONLY vault.erased
    ADD CONSTRAINT erased_pkey PRIMARY KEY (only_row);
ALTER TABLE ONLY vault.keys
    ADD CONSTRAINT keys_pkey PRIMARY KEY (subject_id);
ALTER TABLE ONLY vault.master_key
    ADD CONSTRAINT master_key_pkey PRIMARY KEY (only_row);
CREATE UNIQUE INDEX generations_active ON projections.generations USING btree (name) WHERE (status = 'active'::text);
CREATE INDEX stored_events_customer_idx ON public.stored_events USING btree (customer_id, notification_id) WHERE (customer_id IS NOT NULL);
CREATE UNIQUE INDEX stored_events_notification_id_idx ON public.stored_events USING btree (notification_id);
CREATE INDEX stored_events_owner_idx ON public.stored_events USING btree ("substring"(encode(state, 'escape'::text), '"associate_id":"([^"]*)"'::text), notification_id) WHERE starts_with(topic, 'customer.owner_'::text);
CREATE INDEX keys_destroyed ON vault.keys USING btree (destroyed_at) WHERE (destroyed_at IS NOT NULL);
CREATE TRIGGER keep_destroyed BEFORE DELETE OR UPDATE ON vault.keys FOR EACH ROW WHEN ((old.destroyed_at IS NOT NULL)) EXECUTE FUNCTION vault.keep_destroyed();
