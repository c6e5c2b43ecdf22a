-- The messages that each recipient got today, which the daily budget counts. Whoever sends writes them.
CALL sla.make_kind('message_days', VARIADIC '{}'::text[]);
CREATE POLICY counting ON sla.message_days FOR INSERT TO sla_staff WITH CHECK (true);
CREATE POLICY recounting ON sla.message_days FOR UPDATE TO sla_staff USING (true);
