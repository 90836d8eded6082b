-- A line for each tie and rule; a tie that comes again is as old as its first row.
WITH told AS (
    SELECT f.source AS source, f.target AS target, f.time AS time,
        CASE
            WHEN f.source IS NULL THEN 'no source'
            WHEN f.target IS NULL THEN 'no target'
            WHEN f.source = f.target THEN 'follows itself'
            WHEN f.time IS NULL THEN 'no time'
            WHEN f.time <= 0 THEN 'the time is 0, or before 1970'
            WHEN f.time >= :until THEN 'the time is in the future'
            WHEN s.begun IS NULL AND :joined_only = 1 THEN 'the source never joined'
            WHEN t.begun IS NULL AND :joined_only = 1 THEN 'the target never joined'
            WHEN f.time < coalesce(s.begun, 0) THEN 'before the account of the source'
            WHEN f.time < coalesce(t.begun, 0) THEN 'before the account of the target'
            ELSE NULL
        END AS rule
    FROM follows AS f
    LEFT JOIN joined AS s ON s."user" = f.source
    LEFT JOIN joined AS t ON t."user" = f.target
)
SELECT source, target, min(time) AS time, count(*) AS copies, 1 AS times, rule
FROM told
GROUP BY source, target, rule
