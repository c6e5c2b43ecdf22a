-- What two departments have proposed and agreed about an obligation. Everybody reads it, because anybody's act may open
-- a duty by it; only the heads of its two departments propose and decide.
CALL sla.make_kind('agreements', 'obligation', 'provider', 'consumer');
CREATE POLICY proposing ON sla.agreements FOR INSERT TO sla_staff
    WITH CHECK ((sla.is_mine(doc ->> 'provider') OR sla.is_mine(doc ->> 'consumer')) AND sla.is_a('sla_head'));
CREATE POLICY following ON sla.agreements FOR UPDATE TO sla_staff USING (true);

CREATE FUNCTION sla.guard_proposals() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$ BEGIN
    IF OLD.doc::jsonb -> 'proposals' IS DISTINCT FROM NEW.doc::jsonb -> 'proposals' AND NOT (
        sla.is_free()
        OR ((sla.is_mine(OLD.provider) OR sla.is_mine(OLD.consumer)) AND sla.is_a('sla_head'))
    ) THEN
        PERFORM sla.refuse('side', 'this is for the heads of the two departments to do');
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER guard_frozen BEFORE UPDATE OF doc ON sla.agreements FOR EACH ROW EXECUTE FUNCTION sla.guard_frozen(
    'obligation', 'provider', 'consumer', 'created');
CREATE TRIGGER guard_proposals BEFORE UPDATE OF doc ON sla.agreements
    FOR EACH ROW EXECUTE FUNCTION sla.guard_proposals();
REVOKE ALL ON FUNCTION sla.guard_proposals() FROM PUBLIC;
