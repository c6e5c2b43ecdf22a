-- A duty may wait for another turn than that of the same period: the one before or after, those that overlap, the last
-- due before it. `depends_on` holds an obligation's id, or a table with the id and the turn. Where the department of
-- the waiting duty owes the other obligation too, its own duty is meant; else each department's.
CREATE FUNCTION sla.due_day(duty json) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
RETURN coalesce(duty #>> '{granted,nominal_on}', duty #>> '{deadline,nominal_on}');

CREATE OR REPLACE FUNCTION sla.linked_to_me() RETURNS SETOF text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
    WITH mine AS MATERIALIZED (SELECT sla.my_departments() AS departments), linked AS (
        SELECT waiting.id AS waiting, waiting.readers AS waiters, needed.id AS needed, needed.readers AS suppliers
        FROM sla.duties waiting
            CROSS JOIN LATERAL (
                SELECT coalesce(one ->> 'obligation', one #>> '{}') AS obligation, coalesce(one ->> 'turn', 'same') AS turn
                FROM json_array_elements(waiting.doc #> '{terms,depends_on}') AS one
            ) AS awaited
            CROSS JOIN LATERAL (
                SELECT d.id, d.readers, d.obligation FROM sla.duties d
                WHERE d.archive IS NULL AND d.event = waiting.event AND waiting.event <> ''
                UNION ALL
                SELECT d.id, d.readers, d.obligation FROM sla.duties d
                WHERE d.archive IS NULL AND d.subject_key = waiting.subject_key AND waiting.subject_key <> ''
                UNION ALL
                SELECT d.id, d.readers, d.obligation FROM sla.duties d
                WHERE d.archive IS NULL AND d.obligation = awaited.obligation AND waiting.event = ''
                    AND (d.provider = waiting.provider OR NOT EXISTS (
                        SELECT FROM sla.duties own
                        WHERE own.archive IS NULL AND own.obligation = d.obligation AND own.provider = waiting.provider
                    ))
                    AND CASE awaited.turn
                        WHEN 'same' THEN d.doc ->> 'period_start' = waiting.doc ->> 'period_start'
                        WHEN 'overlapping' THEN d.doc ->> 'period_start' < waiting.doc ->> 'period_end'
                            AND waiting.doc ->> 'period_start' < d.doc ->> 'period_end'
                        WHEN 'previous' THEN d.doc ->> 'period_end' <= waiting.doc ->> 'period_start'
                            AND NOT EXISTS (
                                SELECT FROM sla.duties nearer
                                WHERE nearer.archive IS NULL AND nearer.obligation = d.obligation
                                    AND nearer.provider = d.provider
                                    AND nearer.doc ->> 'period_end' <= waiting.doc ->> 'period_start'
                                    AND nearer.doc ->> 'period_end' > d.doc ->> 'period_end'
                            )
                        WHEN 'next' THEN d.doc ->> 'period_start' >= waiting.doc ->> 'period_end'
                            AND NOT EXISTS (
                                SELECT FROM sla.duties nearer
                                WHERE nearer.archive IS NULL AND nearer.obligation = d.obligation
                                    AND nearer.provider = d.provider
                                    AND nearer.doc ->> 'period_start' >= waiting.doc ->> 'period_end'
                                    AND nearer.doc ->> 'period_start' < d.doc ->> 'period_start'
                            )
                        WHEN 'latest' THEN sla.due_day(d.doc) < sla.due_day(waiting.doc)
                            AND NOT EXISTS (
                                SELECT FROM sla.duties nearer
                                WHERE nearer.archive IS NULL AND nearer.obligation = d.obligation
                                    AND nearer.provider = d.provider
                                    AND sla.due_day(nearer.doc) < sla.due_day(waiting.doc)
                                    AND sla.due_day(nearer.doc) > sla.due_day(d.doc)
                            )
                    END
            ) AS needed
        WHERE waiting.archive IS NULL AND (waiting.doc #>> '{terms,depends_on}') <> '[]'
            AND needed.obligation = awaited.obligation
    )
    SELECT needed FROM linked, mine WHERE waiters && departments
    UNION ALL
    SELECT waiting FROM linked, mine WHERE suppliers && departments;
END;

REVOKE ALL ON FUNCTION sla.due_day(json) FROM PUBLIC;
