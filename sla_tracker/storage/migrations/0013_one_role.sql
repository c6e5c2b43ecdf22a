-- The store as services share it: documents, every version of them, and the chain through all changes.
-- Runs as sla_owner, who cannot log in and owns everything. sla_service reads, and writes through the functions that are
-- granted at the end, so that no login can change or delete what is on record, or write without leaving a record.
-- Runs in an empty database, in one of the versions 1 to 10, in which each person had a login of their own, in versions 11
-- and 12, which had other functions, and again.

-- Takes away what the logins of people needed, and all functions: they are made anew below.
DO $$
DECLARE
    one record;
    routine text;
    routines text[] := ARRAY(SELECT oid::regprocedure::text FROM pg_proc WHERE pronamespace = 'sla'::regnamespace);
BEGIN
    -- In the order in which writers take them: who writes now ends first, and nobody begins before this is done.
    IF to_regclass('sla.turn') IS NOT NULL THEN
        LOCK TABLE sla.turn IN ACCESS EXCLUSIVE MODE;
    END IF;
    IF to_regclass('sla.head') IS NOT NULL THEN
        LOCK TABLE sla.head IN ACCESS EXCLUSIVE MODE;
    END IF;
    FOR one IN SELECT policyname, tablename FROM pg_policies WHERE schemaname = 'sla' LOOP
        EXECUTE format('DROP POLICY %I ON sla.%I', one.policyname, one.tablename);
    END LOOP;
    FOR one IN SELECT relname FROM pg_class
        WHERE relnamespace = 'sla'::regnamespace AND relkind = 'r' AND relrowsecurity LOOP
        EXECUTE format('ALTER TABLE sla.%I NO FORCE ROW LEVEL SECURITY', one.relname);
        EXECUTE format('ALTER TABLE sla.%I DISABLE ROW LEVEL SECURITY', one.relname);
    END LOOP;
    FOR one IN SELECT t.tgname, c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
        WHERE c.relnamespace = 'sla'::regnamespace AND NOT t.tgisinternal LOOP
        EXECUTE format('DROP TRIGGER %I ON sla.%I', one.tgname, one.relname);
    END LOOP;
    DROP VIEW IF EXISTS sla.history;
    FOREACH routine IN ARRAY routines LOOP
        EXECUTE format('DROP ROUTINE IF EXISTS %s CASCADE', routine);
    END LOOP;
    FOR one IN SELECT rolname FROM pg_roles
        WHERE rolname IN ('sla_reader', 'sla_staff', 'sla_head', 'sla_admin', 'sla_service') LOOP
        EXECUTE format('REVOKE ALL ON ALL TABLES IN SCHEMA sla FROM %I', one.rolname);
        EXECUTE format('REVOKE ALL ON SCHEMA sla FROM %I', one.rolname);
    END LOOP;
    DROP TABLE IF EXISTS sla.people, sla.departments, sla.deployment, sla.turn;
    DROP INDEX IF EXISTS sla.duties_id_idx;
    IF to_regclass('sla.versions') IS NOT NULL THEN
        ALTER TABLE sla.versions DROP COLUMN IF EXISTS readers, DROP CONSTRAINT IF EXISTS versions_sequence_fkey;
        ALTER TABLE sla.seals DROP CONSTRAINT IF EXISTS seals_sequence_fkey;
        ALTER TABLE sla.erasures DROP CONSTRAINT IF EXISTS erasures_sequence_fkey;
        -- The number of a transaction would tell in which order, and so when, things were written.
        ALTER TABLE sla.changes DROP COLUMN IF EXISTS xid;
        FOR one IN SELECT relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
            WHERE c.relnamespace = 'sla'::regnamespace AND c.relkind = 'r' AND a.attname = 'readers' LOOP
            EXECUTE format('ALTER TABLE sla.%I DROP COLUMN readers', one.relname);
        END LOOP;
    END IF;
END $$;

CREATE TABLE IF NOT EXISTS sla.migrations (
    version integer PRIMARY KEY,
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Where the chain ends: every commit changes this row, so that commits have one order and no gap. Writers queue for it.
CREATE TABLE IF NOT EXISTS sla.head (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    sequence bigint NOT NULL DEFAULT 0,
    hash text NOT NULL DEFAULT repeat('0', 64),
    at timestamptz
) WITH (fillfactor = 10);
-- The last change that hid documents in an archive, brought some back, or erased some.
ALTER TABLE sla.head ADD COLUMN IF NOT EXISTS sealed_or_erased bigint NOT NULL DEFAULT 0;
INSERT INTO sla.head DEFAULT VALUES ON CONFLICT DO NOTHING;

CREATE TABLE IF NOT EXISTS sla.changes (
    sequence bigint PRIMARY KEY,
    request uuid NOT NULL UNIQUE,
    who text NOT NULL,
    what text NOT NULL,
    via text NOT NULL,
    reason text NOT NULL,
    at timestamptz NOT NULL,
    went_back boolean NOT NULL,
    login name NOT NULL DEFAULT session_user,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    salt uuid DEFAULT gen_random_uuid(),
    why bytea,
    hash text
);

CREATE TABLE IF NOT EXISTS sla.versions (
    sequence bigint NOT NULL,
    place bigint GENERATED ALWAYS AS IDENTITY,
    kind text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    salt uuid,
    digest bytea NOT NULL,
    doc json,
    PRIMARY KEY (id, kind, sequence)
);
CREATE INDEX IF NOT EXISTS versions_sequence_idx ON sla.versions (sequence);

-- What left the live documents in an archive (or came back), and what was erased for good.
CREATE TABLE IF NOT EXISTS sla.seals (
    sequence bigint NOT NULL,
    name text COLLATE "C" NOT NULL,
    documents bigint NOT NULL,
    digest bytea,
    PRIMARY KEY (sequence, name)
);
CREATE TABLE IF NOT EXISTS sla.erasures (
    sequence bigint NOT NULL,
    kind text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    PRIMARY KEY (id, kind, sequence)
);
CREATE INDEX IF NOT EXISTS erasures_sequence_idx ON sla.erasures (sequence);

-- The kinds of documents, each a table of its own name.
CREATE TABLE IF NOT EXISTS sla.kinds (name name PRIMARY KEY);

-- Anonymous answers that wait until several of them are stored together. No name, no time, no order.
CREATE TABLE IF NOT EXISTS sla.ballots (
    name text COLLATE "C" NOT NULL,
    doc text NOT NULL
);

-- The services that share this store, each with what it goes by; what two of them go by has to be the same.
CREATE TABLE IF NOT EXISTS sla.services (
    host text NOT NULL,
    folder text NOT NULL,
    version text NOT NULL,
    digests jsonb NOT NULL,
    seen_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (host, folder)
);

-- Makes the table of a kind: the JSON text exactly as it was encoded, and columns computed from it for searching.
CREATE PROCEDURE sla.make_kind(kind text, VARIADIC facets text[])
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    facet text;
BEGIN
    INSERT INTO sla.kinds VALUES (kind) ON CONFLICT DO NOTHING;
    EXECUTE format($sql$
        CREATE TABLE IF NOT EXISTS sla.%1$I (
            id text COLLATE "C" GENERATED ALWAYS AS (doc ->> 'id') STORED PRIMARY KEY,
            sequence bigint NOT NULL DEFAULT 0,
            archive text COLLATE "C",
            doc json NOT NULL
        );
        ALTER TABLE sla.%1$I SET (fillfactor = 70);  -- room for the next version beside the present one
        CREATE INDEX IF NOT EXISTS %2$I ON sla.%1$I (archive) WHERE archive IS NOT NULL;
        GRANT SELECT ON sla.%1$I TO sla_service;
    $sql$, kind, kind || '_archive_idx');
    FOREACH facet IN ARRAY facets LOOP
        EXECUTE format(
            'ALTER TABLE sla.%1$I ADD COLUMN IF NOT EXISTS %2$I text COLLATE "C" GENERATED ALWAYS AS (doc ->> %2$L) STORED',
            kind, facet
        );
        EXECUTE format(
            'CREATE INDEX IF NOT EXISTS %I ON sla.%I (%I) WHERE archive IS NULL', kind || '_' || facet || '_idx', kind, facet
        );
    END LOOP;
END $$;

CALL sla.make_kind('duties', 'state', 'provider', 'consumer', 'assignee', 'obligation', 'subject_key', 'event',
    'request', 'month', 'key');
CALL sla.make_kind('events', 'type', 'state', 'subject_key', 'import_id', 'import_key');
CALL sla.make_kind('requests', 'state', 'provider', 'consumer', 'subject_key', 'duty', 'import_id', 'import_key');
CALL sla.make_kind('rosters', VARIADIC '{}'::text[]);
CALL sla.make_kind('months', 'closed');
CALL sla.make_kind('offers', 'state', 'giver', 'taker', 'duty');
CALL sla.make_kind('shift_notes', 'department', 'acknowledged');
CALL sla.make_kind('complaints', 'state', 'subject_key');
CALL sla.make_kind('answers', 'quarter', 'consumer', 'provider');
CALL sla.make_kind('reminders', 'state', 'recipient', 'channel', 'duty');
CALL sla.make_kind('reminded', VARIADIC '{}'::text[]);
CALL sla.make_kind('message_days', VARIADIC '{}'::text[]);
CALL sla.make_kind('agreements', 'obligation', 'provider', 'consumer');
CALL sla.make_kind('imports', 'state');
CALL sla.make_kind('import_maps', VARIADIC '{}'::text[]);
CALL sla.make_kind('past_duties', 'provider', 'obligation', 'month', 'subject_key', 'import_id', 'import_key');
CALL sla.make_kind('checklists', VARIADIC '{}'::text[]);

-- Makes what puts one document into the table of its kind: one statement a kind, so that the server plans each once a
-- session. To be called after the last kind was made. What commit_change calls goes by what that has set.
CREATE PROCEDURE sla.make_writer()
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $outer$
DECLARE
    branches text := (SELECT string_agg(format($sql$
        WHEN %1$L THEN
            UPDATE sla.%1$I SET sequence = change, doc = document WHERE id = document_id;
            IF NOT FOUND THEN
                INSERT INTO sla.%1$I (sequence, doc) VALUES (change, document);
            END IF;
    $sql$, name), '') FROM sla.kinds);
BEGIN
    EXECUTE format($sql$
        CREATE OR REPLACE FUNCTION sla.put_document(change bigint, kind text, document_id text, document json) RETURNS void
        LANGUAGE plpgsql
        AS $body$ BEGIN
            CASE kind %s
            ELSE RAISE insufficient_privilege USING MESSAGE = format('%%s is no kind of documents', kind);
            END CASE;
        END $body$
    $sql$, branches);
END $outer$;
CALL sla.make_writer();

-- The changes, each with what it touched.
CREATE VIEW sla.history AS
    SELECT c.sequence, c.who, c.what, c.via, c.reason, c.at, c.went_back,
        array_remove(array_agg(v.kind ORDER BY v.place), NULL) AS kinds,
        array_remove(array_agg(v.id ORDER BY v.place), NULL) AS ids
    FROM sla.changes c LEFT JOIN sla.versions v ON v.sequence = c.sequence
    GROUP BY c.sequence;

-- Parts joined, each with its length before it, so that no two lists of parts look the same. A loop: for a few short texts
-- that is a tenth of what an SQL statement costs.
CREATE FUNCTION sla.framed(VARIADIC parts text[]) RETURNS text
LANGUAGE plpgsql STABLE
AS $$
DECLARE
    framed text := '';
BEGIN
    FOR n IN 1 .. cardinality(parts) LOOP
        framed := framed || octet_length(convert_to(coalesce(parts[n], ''), 'UTF8')) || ':' || coalesce(parts[n], '');
    END LOOP;
    RETURN framed;
END $$;

-- An instant as whole microseconds since 1970.
CREATE FUNCTION sla.micros(instant timestamptz) RETURNS text
LANGUAGE sql STABLE
RETURN (extract(epoch FROM instant) * 1000000)::bigint::text;

-- Takes a writer's turn: nobody else commits until this transaction ends.
CREATE FUNCTION sla.take_turn() RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$ SELECT sequence FROM sla.head FOR UPDATE $$;

-- Whether a document has the values that a search asked for.
CREATE FUNCTION sla.matches(doc json, wanted jsonb) RETURNS boolean
LANGUAGE sql IMMUTABLE
RETURN NOT EXISTS (
    SELECT FROM jsonb_each(wanted) AS one (field, accepted)
    WHERE NOT one.accepted @> coalesce(to_jsonb(doc ->> one.field), 'null')
);

-- Whether something was written between two changes that answers one of these questions, by id ("kind:id") or by search,
-- otherwise now. In a language that keeps its plans: this runs under the writers' lock.
CREATE FUNCTION sla.is_outdated(since bigint, until bigint, asked_ids text[], searches jsonb, searched_kinds text[])
RETURNS boolean
LANGUAGE plpgsql STABLE
AS $$
BEGIN
    RETURN EXISTS (
        SELECT FROM sla.versions v
        WHERE v.sequence BETWEEN since + 1 AND until AND v.kind || ':' || v.id = ANY (asked_ids)
    ) OR EXISTS (
        SELECT FROM sla.versions v
        WHERE v.sequence BETWEEN since + 1 AND until AND v.kind = ANY (searched_kinds) AND EXISTS (
            SELECT FROM jsonb_to_recordset(searches) AS question (kind text, "where" jsonb)
            WHERE question.kind = v.kind AND (
                sla.matches(v.doc, question."where")
                OR EXISTS (
                    SELECT FROM (
                        SELECT o.doc FROM sla.versions o
                        WHERE o.id = v.id AND o.kind = v.kind AND o.sequence <= since
                        ORDER BY o.sequence DESC LIMIT 1
                    ) AS before
                    WHERE before.doc IS NOT NULL AND sla.matches(before.doc, question."where")
                )
            )
        )
    );
END $$;

-- Archives: documents that are out of sight, so that what is done every day does not grow with history.
CREATE FUNCTION sla.seal_archive(change bigint, archive_name text, kinds text[], ids text[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    content text;
    documents bigint;
BEGIN
    FOR n IN 1 .. cardinality(kinds) LOOP
        EXECUTE format('UPDATE sla.%I SET archive = $1 WHERE id = $2 AND archive IS NULL', kinds[n])
            USING archive_name, ids[n];
    END LOOP;
    SELECT count(*), string_agg(sla.framed(kind, id, encode(digest, 'hex')), ''
        ORDER BY kind, id)
    INTO documents, content
    FROM (
        SELECT DISTINCT ON (v.id, v.kind) v.kind, v.id, v.digest
        FROM unnest(kinds, ids) AS chosen (kind, id) JOIN sla.versions v USING (kind, id)
        ORDER BY v.id, v.kind, v.sequence DESC
    ) AS latest;
    INSERT INTO sla.seals (sequence, name, documents, digest)
    VALUES (change, archive_name, documents, sha256(convert_to(coalesce(content, ''), 'UTF8')));
END $$;

CREATE FUNCTION sla.unseal_archive(change bigint, archive_name text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    kind name;
BEGIN
    FOR kind IN SELECT name FROM sla.kinds LOOP
        EXECUTE format('UPDATE sla.%I SET archive = NULL WHERE archive = $1', kind) USING archive_name;
    END LOOP;
    INSERT INTO sla.seals (sequence, name, documents) VALUES (change, archive_name, 0);
END $$;

-- Erasing: what the documents were before this change goes, and what was said about it; that they changed stays.
CREATE FUNCTION sla.erase_past(change bigint, kinds text[], ids text[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    INSERT INTO sla.erasures SELECT change, kind, id FROM unnest(kinds, ids) AS chosen (kind, id);
    WITH gone AS (
        UPDATE sla.versions v SET doc = NULL, salt = NULL
        FROM sla.erasures e
        WHERE e.sequence = change AND v.id = e.id AND v.kind = e.kind AND v.sequence < change
        RETURNING v.sequence
    )
    UPDATE sla.changes c SET reason = '', salt = NULL FROM gone WHERE c.sequence = gone.sequence;
END $$;

-- One call a commit: takes the next number, writes documents and versions, and adds the change to the chain. Returns the
-- number, or null where the answers to what was asked as of change `since` are not what they were: by id ("kind:id"; null:
-- anything) or by `searches` in `searched_kinds`.
-- `answers_early`: the next commit need not wait for this one's disk; the caller waits for it by sla.make_durable().
-- Plans are kept, and made without knowing how little was written since: with sequential scans they would read all history.
CREATE FUNCTION sla.commit_change(
    request uuid, who text, what text, via text, reason text, at timestamptz, kinds text[], docs text[],
    sealing jsonb, unsealing text[], erasing boolean, since bigint, asked_ids text[], searches jsonb,
    searched_kinds text[], answers_early boolean
) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan
    SET enable_seqscan = off
AS $$
#variable_conflict use_variable
DECLARE
    last sla.head;
    change bigint;
    made text;
    sealed text;
    erased text;
    hashed text;
    salt uuid := gen_random_uuid();
    why bytea := sha256(convert_to(salt::text || reason, 'UTF8'));
    documents json[] := docs;
    ids text[];
    salts uuid[];
    digests bytea[];
    recorded timestamptz;
    back boolean;
    moves boolean;
    chosen record;
BEGIN
    -- Documents are read, and their digests made, before anybody has to wait. With few SQL statements: most commits have one
    -- document, and each statement costs as much as ten expressions, and more where many sessions share a processor.
    FOR n IN 1 .. cardinality(kinds) LOOP
        ids[n] := documents[n] ->> 'id';
        salts[n] := gen_random_uuid();
        digests[n] := sha256(convert_to(salts[n]::text || docs[n], 'UTF8'));
    END LOOP;
    IF cardinality(kinds) = 1 THEN
        made := sla.framed(kinds[1], ids[1], encode(digests[1], 'hex'));
    ELSE
        SELECT string_agg(sla.framed(w.kind, w.id, encode(w.digest, 'hex')), ''
            ORDER BY w.kind COLLATE "C", w.id COLLATE "C")
        INTO made FROM unnest(kinds, ids, digests) AS w (kind, id, digest);
    END IF;
    -- By the index, here and below: a table without a condition is read sequentially, whatever that is said to cost.
    SELECT * INTO STRICT last FROM sla.head h WHERE h.one FOR UPDATE;
    IF since < last.sequence THEN
        IF since < last.sealed_or_erased OR asked_ids IS NULL THEN
            RETURN NULL;
        END IF;
        -- False nearly always, for a third of what the whole question costs.
        IF EXISTS (
            SELECT FROM sla.versions v
            WHERE v.sequence BETWEEN since + 1 AND last.sequence
                AND (v.kind || ':' || v.id = ANY (asked_ids) OR v.kind = ANY (searched_kinds))
        ) AND sla.is_outdated(since, last.sequence, asked_ids, searches, searched_kinds) THEN
            RETURN NULL;
        END IF;
    END IF;
    change := last.sequence + 1;
    recorded := clock_timestamp();
    back := coalesce(at < last.at, false);
    FOR n IN 1 .. cardinality(kinds) LOOP
        PERFORM sla.put_document(change, kinds[n], ids[n], documents[n]);
    END LOOP;
    moves := sealing <> '[]' OR unsealing <> '{}' OR erasing;
    IF moves THEN  -- archives and erasures look at the versions, which otherwise are written at the end
        INSERT INTO sla.versions (sequence, kind, id, salt, digest, doc)
        SELECT change, w.* FROM unnest(kinds, ids, salts, digests, documents) AS w;
        FOR chosen IN SELECT * FROM jsonb_to_recordset(sealing) AS x (name text, kinds text[], ids text[]) LOOP
            PERFORM sla.seal_archive(change, chosen.name, chosen.kinds, chosen.ids);
        END LOOP;
        FOR chosen IN SELECT u.name FROM unnest(unsealing) AS u (name) LOOP
            PERFORM sla.unseal_archive(change, chosen.name);
        END LOOP;
        IF erasing THEN
            PERFORM sla.erase_past(change, (SELECT array_agg(v.kind) FROM sla.versions v WHERE v.sequence = change),
                (SELECT array_agg(v.id) FROM sla.versions v WHERE v.sequence = change));
        END IF;
        SELECT string_agg(sla.framed(s.name, s.documents::text, encode(s.digest, 'hex')), ''
            ORDER BY s.name) INTO sealed FROM sla.seals s WHERE s.sequence = change;
        SELECT string_agg(sla.framed(e.kind, e.id), '' ORDER BY e.kind, e.id)
            INTO erased FROM sla.erasures e WHERE e.sequence = change;
    END IF;
    hashed := encode(sha256(convert_to(sla.framed(
        last.hash, change::text, request::text, who, what, via, encode(why, 'hex'), sla.micros(at), back::text,
        session_user::text, sla.micros(recorded), made, sealed, erased
    ), 'UTF8')), 'hex');
    WITH written AS (
        INSERT INTO sla.versions (sequence, kind, id, salt, digest, doc)
        SELECT change, w.* FROM unnest(kinds, ids, salts, digests, documents) AS w WHERE NOT moves
    ), chained AS (
        INSERT INTO sla.changes (sequence, request, who, what, via, reason, at, went_back, recorded_at, salt, why, hash)
        VALUES (change, request, who, what, via, reason, at, back, recorded, salt, why, hashed)
    )
    UPDATE sla.head h SET sequence = change, hash = hashed, at = commit_change.at,
        sealed_or_erased = CASE WHEN sealed IS NULL AND erased IS NULL THEN last.sealed_or_erased ELSE change END
    WHERE h.one;
    PERFORM pg_notify('sla_changes', change::text);
    IF answers_early THEN
        PERFORM set_config('synchronous_commit', 'off', true);
    END IF;
    RETURN change;
END $$;

-- Returns once everything that was committed before is on the disk, and on the standby that the server waits for.
-- Many that wait at the same time share one write to the disk.
CREATE FUNCTION sla.make_durable() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$ BEGIN PERFORM pg_logical_emit_message(true, 'sla', ''); END $$;

-- Puts an anonymous answer into the box and mixes it: all rows are written anew, in random order and by one transaction,
-- so that neither their place nor their transaction tells which came when.
CREATE FUNCTION sla.cast_ballot(new_name text, new_doc text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    LOCK TABLE sla.ballots IN EXCLUSIVE MODE;
    WITH taken AS (DELETE FROM sla.ballots RETURNING name, doc),
        mixed AS (SELECT name, doc FROM taken WHERE name <> new_name UNION ALL SELECT new_name, new_doc)
    INSERT INTO sla.ballots (name, doc) SELECT name, doc FROM mixed ORDER BY gen_random_uuid();
END $$;

CREATE FUNCTION sla.take_ballots(taken_names text[]) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$ DELETE FROM sla.ballots WHERE name = ANY (taken_names) $$;

-- Notes what a service goes by, and forgets those that have not been there for a day.
CREATE FUNCTION sla.note_service(at_host text, in_folder text, its_version text, its_digests jsonb) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    DELETE FROM sla.services WHERE seen_at < clock_timestamp() - interval '1 day';
    INSERT INTO sla.services (host, folder, version, digests) VALUES (at_host, in_folder, its_version, its_digests)
    ON CONFLICT (host, folder) DO UPDATE
    SET version = excluded.version, digests = excluded.digests, seen_at = clock_timestamp();
$$;

-- What a service may do: this and nothing else.
REVOKE ALL ON ALL TABLES IN SCHEMA sla FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA sla FROM PUBLIC;
REVOKE ALL ON ALL PROCEDURES IN SCHEMA sla FROM PUBLIC;
GRANT USAGE ON SCHEMA sla TO sla_service;
GRANT SELECT ON ALL TABLES IN SCHEMA sla TO sla_service;
GRANT EXECUTE ON FUNCTION sla.take_turn(), sla.make_durable(), sla.cast_ballot(text, text), sla.take_ballots(text[]),
    sla.note_service(text, text, text, jsonb), sla.commit_change(uuid, text, text, text, text, timestamptz, text[],
    text[], jsonb, text[], boolean, bigint, text[], jsonb, text[], boolean) TO sla_service;
