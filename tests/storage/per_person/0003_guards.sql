-- Who may write what. The desk decides the same with better words; this is for whoever comes past it with a login.

-- The policies: on which documents a login may act at all.
CREATE FUNCTION sla.is_mine(department text) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
RETURN coalesce(department = ANY (sla.my_departments()), false);

CREATE FUNCTION sla.concerns_me(readers text[]) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
RETURN readers IS NULL OR readers && sla.my_departments();

-- A duty begins with nothing done: no delivery, no verdict, no excuse. Anybody's act may open it, for any department.
CREATE FUNCTION sla.is_pristine(doc jsonb) RETURNS boolean
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
RETURN doc ->> 'state' = 'open' AND doc -> 'deliveries' = '[]' AND doc -> 'holds' = '[]'
    AND doc -> 'waiver' = 'null' AND doc -> 'rating' = 'null' AND doc -> 'accepted_at' = 'null'
    AND doc -> 'closed_at' = 'null' AND doc ->> 'accepted_by' = '' AND doc ->> 'cause' = '';

CREATE POLICY opening ON sla.duties FOR INSERT TO sla_staff WITH CHECK (sla.is_pristine(doc::jsonb));
CREATE POLICY acting ON sla.duties FOR UPDATE TO sla_staff
    USING (sla.is_side(id, readers) OR id IN (SELECT sla.linked_to_me()));
CREATE POLICY registering ON sla.events FOR INSERT TO sla_staff
    WITH CHECK (sla.is_mine(doc ->> 'registered_from'));
CREATE POLICY changing ON sla.events FOR UPDATE TO sla_staff
    USING (sla.is_mine(doc ->> 'registered_from') OR EXISTS (
        SELECT FROM sla.duties d WHERE d.event = events.id AND d.archive IS NULL AND sla.is_side(d.id, d.readers)
    ));
CREATE POLICY asking ON sla.requests FOR INSERT TO sla_staff
    WITH CHECK (sla.is_mine(doc ->> 'consumer') AND doc ->> 'state' = 'asked');
CREATE POLICY following ON sla.requests FOR UPDATE TO sla_staff
    USING (sla.concerns_me(readers) OR EXISTS (
        SELECT FROM sla.duties d WHERE d.request = requests.id AND d.archive IS NULL AND sla.is_side(d.id, d.readers)
    ));
CREATE POLICY enrolling ON sla.rosters FOR INSERT TO sla_staff WITH CHECK (true);
CREATE POLICY rolling ON sla.rosters FOR UPDATE TO sla_staff USING (true);
-- A month is closed over all departments' duties: only who sees them all can do that.
CREATE POLICY closing ON sla.months FOR INSERT TO sla_admin WITH CHECK (true);
CREATE POLICY reclosing ON sla.months FOR UPDATE TO sla_admin USING (true);
CREATE POLICY offering ON sla.offers FOR INSERT TO sla_staff
    WITH CHECK (doc ->> 'state' = 'asked' AND EXISTS (
        SELECT FROM sla.duties d
        WHERE d.id = offers.doc ->> 'duty' AND d.provider = offers.doc ->> 'giver' AND sla.is_mine(d.provider)
    ));
CREATE POLICY deciding ON sla.offers FOR UPDATE TO sla_staff USING (sla.concerns_me(readers));
CREATE POLICY writing ON sla.shift_notes FOR INSERT TO sla_staff WITH CHECK (sla.is_mine(doc ->> 'department'));
CREATE POLICY rewriting ON sla.shift_notes FOR UPDATE TO sla_staff USING (sla.concerns_me(readers));
CREATE POLICY complaining ON sla.complaints FOR INSERT TO sla_staff
    WITH CHECK (sla.is_mine(doc ->> 'complainant') AND doc ->> 'state' = 'running');
CREATE POLICY stepping ON sla.complaints FOR UPDATE TO sla_staff USING (sla.concerns_me(readers));
CREATE POLICY answering ON sla.answers FOR INSERT TO sla_staff WITH CHECK (sla.is_mine(doc ->> 'consumer'));
CREATE POLICY reminding ON sla.reminders FOR INSERT TO sla_staff WITH CHECK (sla.concerns_me(readers));
CREATE POLICY sending ON sla.reminders FOR UPDATE TO sla_staff USING (sla.concerns_me(readers));
CREATE POLICY noting ON sla.reminded FOR INSERT TO sla_staff WITH CHECK (sla.concerns_me(readers));
CREATE POLICY renoting ON sla.reminded FOR UPDATE TO sla_staff USING (sla.concerns_me(readers));

-- The guards: which part of a document a side may change.
CREATE FUNCTION sla.changed_keys(before jsonb, after jsonb) RETURNS text[]
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
RETURN ARRAY(
    SELECT key FROM jsonb_each(before) b FULL JOIN jsonb_each(after) a USING (key)
    WHERE b.value IS DISTINCT FROM a.value
);

-- The service moves stores and does the system's work; an administrator erases, on record. The guards let both be.
CREATE FUNCTION sla.is_free() RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
RETURN sla.is_a('sla_service') OR (sla.is_a('sla_admin') AND (sla.own_act()).what = 'erased');

-- Undo: the document goes back, whole, to what it was before this login's own change, the last one it saw.
CREATE FUNCTION sla.undoes_own(of_kind text, of_id text, last bigint, doc jsonb) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
RETURN EXISTS (SELECT FROM sla.changes c WHERE c.sequence = last AND c.login = session_user)
    AND doc = (
        SELECT v.doc::jsonb FROM sla.versions v
        WHERE v.kind = of_kind AND v.id = of_id AND v.sequence < last ORDER BY v.sequence DESC LIMIT 1
    );

-- A trigger's arguments: the keys that never change.
CREATE FUNCTION sla.guard_frozen() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$ BEGIN
    IF NOT sla.is_free() AND sla.changed_keys(OLD.doc::jsonb, NEW.doc::jsonb) && TG_ARGV THEN
        PERFORM sla.refuse('frozen', format('%s do not change', array_to_string(TG_ARGV, ', ')));
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER guard_a_frozen BEFORE UPDATE OF doc ON sla.duties FOR EACH ROW EXECUTE FUNCTION sla.guard_frozen(
    'key', 'obligation', 'title', 'provider', 'consumer', 'terms', 'opened_at', 'period_start', 'period_end',
    'event', 'request', 'answer_due_at', 'opened_from', 'handed_from');
CREATE TRIGGER guard_frozen BEFORE UPDATE OF doc ON sla.events FOR EACH ROW EXECUTE FUNCTION sla.guard_frozen(
    'type', 'title', 'planned', 'registered_at', 'registered_by', 'registered_from');
CREATE TRIGGER guard_frozen BEFORE UPDATE OF doc ON sla.requests FOR EACH ROW EXECUTE FUNCTION sla.guard_frozen(
    'obligation', 'provider', 'consumer', 'text', 'requested_at', 'requested_by', 'wanted_at', 'answer_due_at');
CREATE TRIGGER guard_frozen BEFORE UPDATE OF doc ON sla.offers FOR EACH ROW EXECUTE FUNCTION sla.guard_frozen(
    'duty', 'giver', 'taker', 'asked_at', 'asked_by', 'within');
CREATE TRIGGER guard_frozen BEFORE UPDATE OF doc ON sla.shift_notes FOR EACH ROW EXECUTE FUNCTION sla.guard_frozen(
    'department', 'written_at', 'written_by');
CREATE TRIGGER guard_frozen BEFORE UPDATE OF doc ON sla.complaints FOR EACH ROW EXECUTE FUNCTION sla.guard_frozen(
    'complainant', 'against', 'judge', 'duties');
CREATE TRIGGER guard_frozen BEFORE UPDATE OF doc ON sla.reminders FOR EACH ROW EXECUTE FUNCTION sla.guard_frozen(
    'duty', 'turn', 'recipient', 'channel');

-- A roster only learns: an obligation's first day stands, and nobody opens ahead of the clock. That all duties follow
-- a changed calendar is for somebody to say who sees all of them; until then each session lets its own follow.
CREATE FUNCTION sla.guard_roster() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    before jsonb := OLD.doc;
    after jsonb := NEW.doc;
BEGIN
    IF sla.is_a('sla_service') THEN
        RETURN NEW;
    END IF;
    IF NOT (after -> 'since') @> (before -> 'since')
        OR (after ->> 'opened_through_at')::timestamptz
            > greatest((sla.own_act()).at, (before ->> 'opened_through_at')::timestamptz) THEN
        PERFORM sla.refuse('roster', 'the roster only goes on');
    END IF;
    IF NOT sla.is_a('sla_admin') THEN
        NEW.doc := jsonb_set(after, '{calendar_versions}', before -> 'calendar_versions')::json;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard_roster BEFORE UPDATE OF doc ON sla.rosters FOR EACH ROW EXECUTE FUNCTION sla.guard_roster();

-- Opening is idempotent here too: a login does not see every department's duties, and may open one that is there.
CREATE FUNCTION sla.open_once() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$ BEGIN
    IF NOT sla.is_a('sla_service') AND EXISTS (
        SELECT FROM sla.duties d
        WHERE d.key = NEW.doc ->> 'key' AND d.archive IS NULL
            AND d.state <> 'cancelled' AND d.id <> NEW.doc ->> 'id'
    ) THEN
        RETURN NULL;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard_open_once BEFORE INSERT ON sla.duties FOR EACH ROW EXECUTE FUNCTION sla.open_once();

-- Deliveries: the provider adds one (its own, now) or takes the last unjudged one back; the consumer judges.
CREATE FUNCTION sla.deliveries_follow(
    before jsonb, after jsonb, provides boolean, receives boolean, act sla.changes
) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    verdict CONSTANT text[] := '{returned_at,returned_by,reason,claim_confirmed}';
    was int := jsonb_array_length(before);
    new_one jsonb := after -> was;
BEGIN
    IF jsonb_array_length(after) NOT BETWEEN was - 1 AND was + 1 THEN
        RETURN false;
    END IF;
    FOR n IN 0 .. least(was, jsonb_array_length(after)) - 1 LOOP
        IF (before -> n) - verdict <> (after -> n) - verdict OR (before -> n <> after -> n AND NOT receives) THEN
            RETURN false;
        END IF;
    END LOOP;
    IF jsonb_array_length(after) < was THEN
        RETURN provides AND before -> -1 -> 'returned_at' = 'null';
    ELSIF new_one IS NOT NULL THEN
        RETURN provides AND new_one ->> 'by' = act.who AND (new_one ->> 'at')::timestamptz = act.at
            AND new_one -> 'returned_at' = 'null' AND new_one -> 'claim_confirmed' = 'false';
    END IF;
    RETURN true;
END $$;

-- States: which side may let a duty become what, and what has to happen beside it in the same act.
CREATE FUNCTION sla.state_follows(
    before jsonb, after jsonb, provides boolean, receives boolean, act sla.changes
) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$ BEGIN
    RETURN CASE after ->> 'state'
        WHEN before ->> 'state' THEN true
        WHEN 'open' THEN provides OR (receives AND before ->> 'state' <> 'held')
        WHEN 'held' THEN provides
        WHEN 'delivered' THEN provides
        WHEN 'accepted' THEN before ->> 'state' = 'delivered' AND (
            (receives AND after ->> 'accepted_by' = act.who AND before #>> '{deliveries,-1,by}' <> act.who)
            OR (after ->> 'accepted_by' = 'system' AND after -> 'accepted_at' = before -> 'accept_by_at'
                AND (before ->> 'accept_by_at')::timestamptz < act.at))
        WHEN 'waived' THEN receives AND sla.is_a('sla_head')
        WHEN 'missed' THEN sla.is_a('sla_head')
        WHEN 'cancelled' THEN
            EXISTS (SELECT FROM sla.events e WHERE e.id = before ->> 'event' AND e.sequence = act.sequence)
            OR EXISTS (SELECT FROM sla.requests r WHERE r.id = before ->> 'request' AND r.sequence = act.sequence)
        WHEN 'handed_over' THEN EXISTS (
            SELECT FROM sla.offers o
            WHERE o.duty = before ->> 'id' AND o.state = 'consented' AND o.sequence = act.sequence
                AND sla.is_mine(o.taker))
        ELSE false
    END;
END $$;

CREATE FUNCTION sla.confirmed_holds(doc jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
RETURN jsonb_path_query_array(doc, '$.holds[*] ? (@.confirmed != null).start_at')
    || jsonb_path_query_array(doc, '$.holds[*] ? (@.confirmed != null).confirmed');

CREATE FUNCTION sla.guard_duty() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    before jsonb := OLD.doc;
    after jsonb := NEW.doc;
    keys text[] := sla.changed_keys(before, after);
    provides boolean := sla.is_mine(OLD.provider);
    receives boolean := sla.is_mine(OLD.consumer);
    judges boolean := receives AND sla.is_a('sla_head');
    act sla.changes := sla.own_act();
    waits CONSTANT text[] := '{deadline,due_at,granted,excuses,month,carried}';
    afterthoughts CONSTANT text[] := '{rating,cause,cause_note,notes,subject,subject_key}';
    providers CONSTANT text[] := '{assignee,answered_at,cause,cause_note}';
    followers CONSTANT text[] := '{state,closed_at,holds,handed_to,subject,subject_key,deadline,due_at,granted,'
        'excuses,month,carried,opened_late,short_notice,accept_by_at,accepted_at,accepted_by}';
BEGIN
    IF sla.is_free() OR sla.undoes_own('duties', OLD.id, OLD.sequence, after) THEN
        RETURN NEW;
    END IF;
    IF OLD.state IN ('accepted', 'waived', 'cancelled', 'missed', 'handed_over')
        AND NOT (keys <@ afterthoughts OR judges) THEN
        PERFORM sla.refuse('closed', 'a closed duty is opened again by the head of the department it is owed to');
    ELSIF NOT (provides OR receives OR keys <@ followers)
        OR NOT (sla.is_side(OLD.id, OLD.readers) OR sla.is_a('sla_admin') OR keys <@ waits)
        OR (keys && providers AND NOT provides)
        OR ('draft' = ANY (keys) AND NOT (provides OR (receives AND 'deliveries' = ANY (keys))))
        OR ('rating' = ANY (keys) AND NOT receives)
        OR (after #> '{waiver,granted}' IS DISTINCT FROM before #> '{waiver,granted}'
            AND coalesce(after #> '{waiver,granted}', 'null') <> 'null' AND NOT judges)
        OR (sla.confirmed_holds(after) <> sla.confirmed_holds(before) AND NOT judges)
        OR NOT sla.state_follows(before, after, provides, receives, act)
        OR NOT sla.deliveries_follow(before -> 'deliveries', after -> 'deliveries', provides, receives, act) THEN
        PERFORM sla.refuse('side', 'this is for the other side of the duty to do');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard_b_duty BEFORE UPDATE OF doc ON sla.duties FOR EACH ROW EXECUTE FUNCTION sla.guard_duty();

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA sla FROM PUBLIC;
REVOKE ALL ON ALL PROCEDURES IN SCHEMA sla FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sla.is_a(name), sla.my_departments(), sla.is_mine(text), sla.concerns_me(text[]),
    sla.is_pristine(jsonb), sla.offered_to_me(), sla.linked_to_me(), sla.is_side(text, text[]), sla.refuse(text, text) TO sla_reader, sla_service;
GRANT EXECUTE ON FUNCTION sla.commit_change(uuid, text, text, text, text, timestamptz, text[], text[])
    TO sla_staff, sla_service;
GRANT EXECUTE ON FUNCTION sla.seal_archive(text, text[], text[]), sla.unseal_archive(text),
    sla.erase_past(text[], text[]) TO sla_admin, sla_service;
