-- Who prepared and who reviewed the points of a month's checklist. Everybody reads it; the program decides who signs.
CALL sla.make_kind('checklists', VARIADIC '{}'::text[]);
CREATE POLICY signing ON sla.checklists FOR INSERT TO sla_staff WITH CHECK (true);
CREATE POLICY resigning ON sla.checklists FOR UPDATE TO sla_staff USING (true);
