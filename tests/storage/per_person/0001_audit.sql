-- The audit: one row a change, the versions it made, and the chain through them. Runs as sla_owner, who cannot log in.
-- Who, when and in which order come from the server; logins may insert what they say they did, and nothing else.

CREATE TABLE sla.migrations (
    version integer PRIMARY KEY,
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Which login is which person, and which group role is which department; written by `sla pg setup` only.
CREATE TABLE sla.people (
    login name PRIMARY KEY,
    person text NOT NULL
);
CREATE TABLE sla.departments (
    id text PRIMARY KEY,
    role regrole NOT NULL
);
-- How far a person's clock may be off the server's; null where a trial has a clock of its own.
CREATE TABLE sla.deployment (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    clock_tolerance interval
);
INSERT INTO sla.deployment DEFAULT VALUES;

-- Where the chain ends: every commit changes this row, so that commits have one order and no gap.
CREATE TABLE sla.head (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    sequence bigint NOT NULL DEFAULT 0,
    hash text NOT NULL DEFAULT repeat('0', 64),
    at timestamptz
) WITH (fillfactor = 10);
INSERT INTO sla.head DEFAULT VALUES;

-- Writers queue here before they look at anything. Correctness does not need it: without it they conflict at the head.
CREATE TABLE sla.turn ();

CREATE TABLE sla.changes (
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
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    salt uuid DEFAULT gen_random_uuid(),
    why bytea,
    hash text
);

CREATE TABLE sla.versions (
    sequence bigint NOT NULL REFERENCES sla.changes,
    place bigint GENERATED ALWAYS AS IDENTITY,
    kind text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    readers text[],
    salt uuid,
    digest bytea NOT NULL,
    doc json,
    PRIMARY KEY (id, kind, sequence)
);
CREATE INDEX ON sla.versions (sequence);

-- What left the live documents in an archive (or came back), and what was erased for good.
CREATE TABLE sla.seals (
    sequence bigint NOT NULL REFERENCES sla.changes,
    name text COLLATE "C" NOT NULL,
    documents bigint NOT NULL,
    digest bytea,
    PRIMARY KEY (sequence, name)
);
CREATE TABLE sla.erasures (
    sequence bigint NOT NULL REFERENCES sla.changes,
    kind text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    PRIMARY KEY (id, kind, sequence)
);

CREATE FUNCTION sla.is_a(role name) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
RETURN pg_has_role(session_user, role, 'MEMBER');

CREATE FUNCTION sla.my_departments() RETURNS text[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
RETURN ARRAY(SELECT d.id FROM sla.departments d WHERE pg_has_role(session_user, d.role::oid, 'MEMBER'));

-- Each part with its length before it, so that no two lists of parts look the same.
CREATE FUNCTION sla.framed(VARIADIC parts text[]) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
RETURN (
    SELECT string_agg(octet_length(convert_to(coalesce(part, ''), 'UTF8')) || ':' || coalesce(part, ''), '' ORDER BY place)
    FROM unnest(parts) WITH ORDINALITY AS listed (part, place)
);

CREATE FUNCTION sla.micros(instant timestamptz) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
RETURN (extract(epoch FROM instant) * 1000000)::bigint::text;

CREATE FUNCTION sla.salted(salt uuid, content text) RETURNS bytea
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
RETURN sha256(convert_to(salt::text || content, 'UTF8'));

CREATE FUNCTION sla.refuse(why text, explanation text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$ BEGIN
    RAISE insufficient_privilege USING MESSAGE = explanation, CONSTRAINT = why;
END $$;

-- The change that this transaction announced, as long as it is not sealed; a document changes only under one.
CREATE FUNCTION sla.own_act() RETURNS sla.changes
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    act sla.changes;
BEGIN
    SELECT c.* INTO act FROM sla.changes c JOIN sla.head h ON h.sequence = c.sequence;
    IF act.xid IS DISTINCT FROM pg_current_xact_id_if_assigned() OR act.hash IS NOT NULL THEN
        PERFORM sla.refuse('unannounced', 'a document changes only together with its entry in the audit');
    END IF;
    RETURN act;
END $$;

-- A change is announced before its documents: it takes the next number and is bound to this transaction.
CREATE FUNCTION sla.announce() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    last sla.head;
    tolerance interval := (SELECT clock_tolerance FROM sla.deployment);
BEGIN
    IF NOT sla.is_a('sla_service') THEN
        IF NEW.who <> 'system'
            AND NOT EXISTS (SELECT FROM sla.people WHERE login = session_user AND person = NEW.who) THEN
            PERFORM sla.refuse('not_you', format('%s is not %s', session_user, NEW.who));
        END IF;
        IF NEW.at > clock_timestamp() + tolerance OR NEW.at < clock_timestamp() - tolerance THEN
            PERFORM sla.refuse('clock', format('it is not %s here', NEW.at));
        END IF;
    END IF;
    SELECT * INTO STRICT last FROM sla.head;
    UPDATE sla.head SET sequence = sequence + 1, at = NEW.at RETURNING sequence INTO NEW.sequence;
    NEW.went_back := coalesce(NEW.at < last.at, false);
    NEW.why := sla.salted(NEW.salt, NEW.reason);
    RETURN NEW;
END $$;

-- Runs at the commit: from here on the chain holds what the change did.
CREATE FUNCTION sla.seal() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    before text := (SELECT hash FROM sla.head);
    made text;
    sealed text;
    erased text;
BEGIN
    SELECT string_agg(sla.framed(kind, id, encode(digest, 'hex')), '' ORDER BY kind, id)
        INTO made FROM sla.versions WHERE sequence = NEW.sequence;
    SELECT string_agg(sla.framed(name, documents::text, encode(digest, 'hex')), '' ORDER BY name)
        INTO sealed FROM sla.seals WHERE sequence = NEW.sequence;
    SELECT string_agg(sla.framed(kind, id), '' ORDER BY kind, id)
        INTO erased FROM sla.erasures WHERE sequence = NEW.sequence;
    IF made IS NULL AND sealed IS NULL AND NOT sla.is_a('sla_service') THEN
        PERFORM sla.refuse('empty', 'a change changes something');
    END IF;
    before := encode(sha256(convert_to(sla.framed(
        before, NEW.sequence::text, NEW.request::text, NEW.who, NEW.what, NEW.via, encode(NEW.why, 'hex'),
        sla.micros(NEW.at), NEW.went_back::text, NEW.login::text, sla.micros(NEW.recorded_at), made, sealed, erased
    ), 'UTF8')), 'hex');
    UPDATE sla.changes SET hash = before WHERE sequence = NEW.sequence;
    UPDATE sla.head SET hash = before;
    PERFORM pg_notify('sla_changes', NEW.sequence::text);
    RETURN NULL;
END $$;

CREATE TRIGGER announce BEFORE INSERT ON sla.changes FOR EACH ROW EXECUTE FUNCTION sla.announce();
CREATE CONSTRAINT TRIGGER seal AFTER INSERT ON sla.changes
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION sla.seal();

REVOKE ALL ON ALL TABLES IN SCHEMA sla FROM PUBLIC;
ALTER TABLE sla.changes ENABLE ROW LEVEL SECURITY;
ALTER TABLE sla.changes FORCE ROW LEVEL SECURITY;
ALTER TABLE sla.versions ENABLE ROW LEVEL SECURITY;
ALTER TABLE sla.versions FORCE ROW LEVEL SECURITY;

CREATE POLICY keeper ON sla.versions TO sla_owner USING (true) WITH CHECK (true);
CREATE POLICY everything ON sla.versions FOR SELECT TO sla_admin, sla_service USING (true);
CREATE POLICY sides ON sla.versions FOR SELECT TO sla_reader
    USING (readers IS NULL OR readers && (SELECT sla.my_departments()));

CREATE POLICY keeper ON sla.changes TO sla_owner USING (true) WITH CHECK (true);
CREATE POLICY everything ON sla.changes FOR SELECT TO sla_admin, sla_service USING (true);
CREATE POLICY sides ON sla.changes FOR SELECT TO sla_reader
    USING (login = session_user OR EXISTS (SELECT FROM sla.versions v WHERE v.sequence = changes.sequence));
CREATE POLICY announced ON sla.changes FOR INSERT TO sla_staff, sla_service WITH CHECK (login = session_user);

GRANT USAGE ON SCHEMA sla TO sla_reader, sla_service;
GRANT SELECT ON sla.migrations, sla.head, sla.seals, sla.erasures TO sla_reader, sla_service;
GRANT UPDATE ON sla.turn TO sla_staff, sla_service;
GRANT SELECT ON sla.versions TO sla_reader, sla_service;
-- Not the login: it would name who answered a survey without a name.
GRANT SELECT (sequence, request, who, what, via, reason, at, went_back, recorded_at, hash) ON sla.changes TO sla_reader;
GRANT SELECT ON sla.changes TO sla_admin, sla_service;
GRANT INSERT (request, who, what, via, reason, at) ON sla.changes TO sla_staff, sla_service;
