-- Changes of events that wait for agreement, ended waits and the first verdict of what was reopened: the guards know them.

-- What was decided on changes of a duty's event: never by the department that owes the duty.
CREATE FUNCTION sla.decided_event_changes(doc jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
RETURN jsonb_path_query_array(doc, '$.event_changes[*] ? (@.confirmed != null).at')
    || jsonb_path_query_array(doc, '$.event_changes[*] ? (@.confirmed != null).confirmed');

CREATE OR REPLACE FUNCTION sla.deliveries_follow(
    before jsonb, after jsonb, provides boolean, receives boolean, act sla.changes
) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    verdict CONSTANT text[] := '{returned_at,returned_by,reason,claim_confirmed,accepted_at,accepted_by}';
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

CREATE OR REPLACE FUNCTION sla.state_follows(
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
            OR (receives AND sla.decided_event_changes(after) <> sla.decided_event_changes(before))
            OR EXISTS (SELECT FROM sla.requests r WHERE r.id = before ->> 'request' AND r.sequence = act.sequence)
        WHEN 'handed_over' THEN EXISTS (
            SELECT FROM sla.offers o
            WHERE o.duty = before ->> 'id' AND o.state = 'consented' AND o.sequence = act.sequence
                AND sla.is_mine(o.taker))
        ELSE false
    END;
END $$;

CREATE OR REPLACE FUNCTION sla.guard_duty() RETURNS trigger
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
    waits CONSTANT text[] := '{deadline,due_at,granted,excuses,waits,month,carried}';
    afterthoughts CONSTANT text[] := '{rating,cause,cause_note,notes,subject,subject_key,event_changes,event_time}';
    providers CONSTANT text[] := '{assignee,answered_at,cause,cause_note}';
    followers CONSTANT text[] := '{state,closed_at,holds,handed_to,subject,subject_key,deadline,due_at,granted,'
        'excuses,waits,month,carried,opened_late,short_notice,accept_by_at,accepted_at,accepted_by,event_changes,event_time}';
    retimed CONSTANT text[] := '{event_changes,event_time,deadline,due_at,granted,excuses,waits,month,carried,'
        'opened_late,short_notice}';
    decides boolean := sla.decided_event_changes(after) <> sla.decided_event_changes(before);
BEGIN
    IF sla.is_free() OR sla.undoes_own('duties', OLD.id, OLD.sequence, after) THEN
        RETURN NEW;
    END IF;
    IF OLD.state IN ('accepted', 'waived', 'cancelled', 'missed', 'handed_over')
        AND NOT (keys <@ afterthoughts OR judges OR (decides AND NOT provides AND keys <@ retimed)) THEN
        PERFORM sla.refuse('closed', 'a closed duty is opened again by the head of the department it is owed to');
    ELSIF NOT (provides OR receives OR keys <@ followers)
        OR NOT (sla.is_side(OLD.id, OLD.readers) OR sla.is_a('sla_admin') OR keys <@ waits)
        OR (decides AND provides AND NOT receives)
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

REVOKE ALL ON FUNCTION sla.decided_event_changes(jsonb) FROM PUBLIC;
