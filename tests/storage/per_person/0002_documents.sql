-- Documents: one table a kind, the JSON text exactly as it was encoded, and columns computed from it for searching.

-- Which departments may read a document; null means everybody who may read at all.
CREATE FUNCTION sla.readers_of(kind text, document json) RETURNS text[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$ BEGIN
    RETURN CASE kind
        WHEN 'duties' THEN ARRAY[document ->> 'provider', document ->> 'consumer', document ->> 'opened_from']
        WHEN 'requests' THEN ARRAY[document ->> 'provider', document ->> 'consumer']
        WHEN 'answers' THEN ARRAY[document ->> 'provider', document ->> 'consumer']
        WHEN 'offers' THEN ARRAY[document ->> 'giver', document ->> 'taker']
        WHEN 'shift_notes' THEN ARRAY[document ->> 'department']
        WHEN 'complaints' THEN CASE WHEN document ->> 'escalated_at' IS NULL
            THEN ARRAY[document ->> 'complainant', document ->> 'against', document ->> 'judge',
                document ->> 'responsible'] END
        WHEN 'reminders' THEN (SELECT d.readers FROM sla.duties d WHERE d.id = document ->> 'duty')
        WHEN 'reminded' THEN (SELECT d.readers FROM sla.duties d WHERE d.id = document ->> 'id')
    END;
END $$;

-- Every write of a document leaves a version under the change that was announced for it, or does not happen.
CREATE FUNCTION sla.keep() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    act sla.changes := sla.own_act();
    salt uuid := gen_random_uuid();
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.id IS DISTINCT FROM NEW.doc ->> 'id' THEN
        PERFORM sla.refuse('frozen', 'a document keeps its id');
    END IF;
    NEW.sequence := act.sequence;
    NEW.readers := sla.readers_of(TG_TABLE_NAME, NEW.doc);
    INSERT INTO sla.versions (sequence, kind, id, readers, salt, digest, doc)
    VALUES (act.sequence, TG_TABLE_NAME, NEW.doc ->> 'id', NEW.readers,
            salt, sla.salted(salt, NEW.doc::text), NEW.doc);
    RETURN NEW;
END $$;

-- Makes the table of a kind: everybody concerned reads, nobody writes until a policy says who.
CREATE PROCEDURE sla.make_kind(kind text, VARIADIC facets text[])
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    facet text;
BEGIN
    EXECUTE format($sql$
        CREATE TABLE sla.%1$I (
            id text COLLATE "C" GENERATED ALWAYS AS (doc ->> 'id') STORED PRIMARY KEY,
            sequence bigint NOT NULL DEFAULT 0,
            readers text[],
            archive text COLLATE "C",
            doc json NOT NULL
        );
        CREATE INDEX ON sla.%1$I (archive) WHERE archive IS NOT NULL;
        CREATE TRIGGER keep BEFORE INSERT OR UPDATE OF doc ON sla.%1$I FOR EACH ROW EXECUTE FUNCTION sla.keep();
        ALTER TABLE sla.%1$I ENABLE ROW LEVEL SECURITY;
        ALTER TABLE sla.%1$I FORCE ROW LEVEL SECURITY;
        GRANT SELECT ON sla.%1$I TO sla_reader, sla_service;
        GRANT INSERT (doc), UPDATE (doc) ON sla.%1$I TO sla_staff, sla_service;
        CREATE POLICY keeper ON sla.%1$I TO sla_owner USING (true) WITH CHECK (true);
        CREATE POLICY everything ON sla.%1$I TO sla_service USING (true) WITH CHECK (true);
        CREATE POLICY overview ON sla.%1$I FOR SELECT TO sla_admin USING (true);
        CREATE POLICY correcting ON sla.%1$I FOR UPDATE TO sla_admin USING (true);
        CREATE POLICY sides ON sla.%1$I FOR SELECT TO sla_reader
            USING (readers IS NULL OR readers && (SELECT sla.my_departments()));
    $sql$, kind);
    FOREACH facet IN ARRAY facets LOOP
        EXECUTE format(
            'ALTER TABLE sla.%1$I ADD %2$I text COLLATE "C" GENERATED ALWAYS AS (doc ->> %2$L) STORED', kind, facet
        );
        EXECUTE format('CREATE INDEX ON sla.%I (%I) WHERE archive IS NULL', kind, facet);
    END LOOP;
END $$;

CALL sla.make_kind('duties', 'state', 'provider', 'consumer', 'assignee', 'obligation', 'subject_key', 'event',
    'request', 'month', 'key');
CALL sla.make_kind('events', 'type', 'state', 'subject_key');
CALL sla.make_kind('requests', 'state', 'provider', 'consumer', 'subject_key', 'duty');
CALL sla.make_kind('rosters', VARIADIC '{}'::text[]);
CALL sla.make_kind('months', 'closed');
CALL sla.make_kind('offers', 'state', 'giver', 'taker', 'duty');
CALL sla.make_kind('shift_notes', 'department', 'acknowledged');
CALL sla.make_kind('complaints', 'state', 'subject_key');
CALL sla.make_kind('answers', 'quarter', 'consumer', 'provider');
CALL sla.make_kind('reminders', 'state', 'recipient', 'channel', 'duty');
CALL sla.make_kind('reminded', VARIADIC '{}'::text[]);

-- Whoever is offered a duty reads it, and goes on reading what it took over; and the request behind a duty.
CREATE FUNCTION sla.offered_to_me() RETURNS SETOF text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT o.duty FROM sla.offers o WHERE o.state IN ('asked', 'consented') AND o.taker = ANY (sla.my_departments());
END;
CREATE POLICY offered ON sla.duties FOR SELECT TO sla_reader USING (id IN (SELECT sla.offered_to_me()));
CREATE FUNCTION sla.is_side(duty text, readers text[]) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
RETURN readers && sla.my_departments() OR duty IN (SELECT sla.offered_to_me());
CREATE POLICY behind ON sla.requests FOR SELECT TO sla_reader
    USING (EXISTS (SELECT FROM sla.duties d WHERE d.request = requests.id AND d.archive IS NULL AND sla.is_side(d.id, d.readers)));

-- Whoever waits for a duty reads it, and whoever keeps others waiting reads what waits: each deadline rests on the
-- other duty, and a delivery ends the wait in the same act. They belong together by event, by subject or by period.
CREATE INDEX ON sla.duties (id) WHERE archive IS NULL AND (doc #>> '{terms,depends_on}') <> '[]';
CREATE FUNCTION sla.linked_to_me() RETURNS SETOF text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
    WITH mine AS MATERIALIZED (SELECT sla.my_departments() AS departments), linked AS (
        SELECT waiting.id AS waiting, waiting.readers AS waiters, needed.id AS needed, needed.readers AS suppliers
        FROM sla.duties waiting
            CROSS JOIN LATERAL json_array_elements_text(waiting.doc #> '{terms,depends_on}') AS awaited (obligation)
            CROSS JOIN LATERAL (
                SELECT d.id, d.readers, d.obligation FROM sla.duties d
                WHERE d.archive IS NULL AND d.event = waiting.event AND waiting.event <> ''
                UNION ALL
                SELECT d.id, d.readers, d.obligation FROM sla.duties d
                WHERE d.archive IS NULL AND d.subject_key = waiting.subject_key AND waiting.subject_key <> ''
                UNION ALL
                SELECT d.id, d.readers, d.obligation FROM sla.duties d
                WHERE d.archive IS NULL AND d.obligation = awaited.obligation AND waiting.event = ''
                    AND d.doc ->> 'period_start' = waiting.doc ->> 'period_start'
            ) AS needed
        WHERE waiting.archive IS NULL AND (waiting.doc #>> '{terms,depends_on}') <> '[]'
            AND needed.obligation = awaited.obligation
    )
    SELECT needed FROM linked, mine WHERE waiters && departments
    UNION ALL
    SELECT waiting FROM linked, mine WHERE suppliers && departments;
END;
CREATE POLICY linked ON sla.duties FOR SELECT TO sla_reader USING (id IN (SELECT sla.linked_to_me()));

-- What a login may know of the changes, each with what it touched, as far as that may be known.
CREATE VIEW sla.history WITH (security_invoker = true) AS
    SELECT c.sequence, c.who, c.what, c.via, c.reason, c.at, c.went_back,
        array_remove(array_agg(v.kind ORDER BY v.place), NULL) AS kinds,
        array_remove(array_agg(v.id ORDER BY v.place), NULL) AS ids
    FROM sla.changes c LEFT JOIN sla.versions v ON v.sequence = c.sequence
    GROUP BY c.sequence;
GRANT SELECT ON sla.history TO sla_reader, sla_service;

-- One call a commit. Runs with the caller's rights: every policy and guard applies to each document.
CREATE FUNCTION sla.commit_change(
    request uuid, who text, what text, via text, reason text, at timestamptz, kinds text[], docs text[]
) RETURNS void
LANGUAGE plpgsql SECURITY INVOKER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    written bigint;
BEGIN
    INSERT INTO sla.changes (request, who, what, via, reason, at) VALUES (request, who, what, via, reason, at);
    FOR n IN 1 .. cardinality(kinds) LOOP
        EXECUTE format('UPDATE sla.%I SET doc = $1 WHERE id = $1 ->> ''id''', kinds[n]) USING docs[n]::json;
        GET DIAGNOSTICS written = ROW_COUNT;
        IF written = 0 THEN
            EXECUTE format('INSERT INTO sla.%I (doc) VALUES ($1)', kinds[n]) USING docs[n]::json;
        END IF;
    END LOOP;
END $$;

-- Archives: documents that are out of row_context, so that what is done every day does not grow with history.
CREATE FUNCTION sla.seal_archive(archive_name text, kinds text[], ids text[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    act sla.changes := sla.own_act();
    content text;
    documents bigint;
BEGIN
    FOR n IN 1 .. cardinality(kinds) LOOP
        EXECUTE format('UPDATE sla.%I SET archive = $1 WHERE id = $2 AND archive IS NULL', kinds[n])
            USING archive_name, ids[n];
    END LOOP;
    SELECT count(*), string_agg(sla.framed(kind, id, encode(digest, 'hex')), '' ORDER BY kind, id)
    INTO documents, content
    FROM (
        SELECT DISTINCT ON (v.id, v.kind) v.kind, v.id, v.digest
        FROM unnest(kinds, ids) AS chosen (kind, id) JOIN sla.versions v USING (kind, id)
        ORDER BY v.id, v.kind, v.sequence DESC
    ) AS latest;
    INSERT INTO sla.seals (sequence, name, documents, digest)
    VALUES (act.sequence, archive_name, documents, sha256(convert_to(coalesce(content, ''), 'UTF8')));
END $$;

CREATE FUNCTION sla.unseal_archive(archive_name text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    act sla.changes := sla.own_act();
    kind name;
BEGIN
    FOR kind IN SELECT relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
        WHERE c.relnamespace = 'sla'::regnamespace AND c.relkind = 'r' AND a.attname = 'archive' LOOP
        EXECUTE format('UPDATE sla.%I SET archive = NULL WHERE archive = $1', kind) USING archive_name;
    END LOOP;
    INSERT INTO sla.seals (sequence, name, documents) VALUES (act.sequence, archive_name, 0);
END $$;

-- Erasing: what the documents were before this change goes, and what was said about it; that they changed stays.
CREATE FUNCTION sla.erase_past(kinds text[], ids text[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    act sla.changes := sla.own_act();
BEGIN
    INSERT INTO sla.erasures SELECT act.sequence, kind, id FROM unnest(kinds, ids) AS chosen (kind, id);
    WITH gone AS (
        UPDATE sla.versions v SET doc = NULL, salt = NULL
        FROM sla.erasures e
        WHERE e.sequence = act.sequence AND v.id = e.id AND v.kind = e.kind AND v.sequence < act.sequence
        RETURNING v.sequence
    )
    UPDATE sla.changes c SET reason = '', salt = NULL FROM gone WHERE c.sequence = gone.sequence;
END $$;
