-- Imports of lists: what was taken over, how columns were read, and the finished duties of the past.
CALL sla.make_kind('imports', 'state');
CALL sla.make_kind('import_maps', VARIADIC '{}'::text[]);
CALL sla.make_kind('past_duties', 'provider', 'obligation', 'month', 'subject_key', 'import_id', 'import_key');

-- Which import made an event or a request, and the key under which its list names it.
ALTER TABLE sla.events ADD import_id text COLLATE "C" GENERATED ALWAYS AS (doc ->> 'import_id') STORED;
ALTER TABLE sla.events ADD import_key text COLLATE "C" GENERATED ALWAYS AS (doc ->> 'import_key') STORED;
CREATE INDEX ON sla.events (import_id) WHERE archive IS NULL;
CREATE INDEX ON sla.events (import_key) WHERE archive IS NULL;
ALTER TABLE sla.requests ADD import_id text COLLATE "C" GENERATED ALWAYS AS (doc ->> 'import_id') STORED;
ALTER TABLE sla.requests ADD import_key text COLLATE "C" GENERATED ALWAYS AS (doc ->> 'import_key') STORED;
CREATE INDEX ON sla.requests (import_id) WHERE archive IS NULL;
CREATE INDEX ON sla.requests (import_key) WHERE archive IS NULL;
