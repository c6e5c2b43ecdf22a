-- An administrator chooses another department to judge a complaint; for everybody else its judge stands.
CREATE FUNCTION sla.guard_judge() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$ BEGIN
    IF OLD.doc ->> 'judge' IS DISTINCT FROM NEW.doc ->> 'judge' AND NOT (sla.is_free() OR sla.is_a('sla_admin')) THEN
        PERFORM sla.refuse('frozen', 'judge does not change');
    END IF;
    RETURN NEW;
END $$;

DROP TRIGGER guard_frozen ON sla.complaints;
CREATE TRIGGER guard_frozen BEFORE UPDATE OF doc ON sla.complaints FOR EACH ROW EXECUTE FUNCTION sla.guard_frozen(
    'complainant', 'against', 'duties');
CREATE TRIGGER guard_judge BEFORE UPDATE OF doc ON sla.complaints FOR EACH ROW EXECUTE FUNCTION sla.guard_judge();
REVOKE ALL ON FUNCTION sla.guard_judge() FROM PUBLIC;
