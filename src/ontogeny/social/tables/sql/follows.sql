-- A line for each tie and rule; a tie that comes again is as old as its first row.
WITH sources AS (
    SELECT "user" AS from_user, begun AS from_begun FROM joined
), targets AS (
    SELECT "user" AS to_user, begun AS to_begun FROM joined
), told AS (
    SELECT f.source AS source, f.target AS target, f.time AS time,
        CASE
            WHEN f.source IS NULL THEN 'no source'
            WHEN f.target IS NULL THEN 'no target'
            WHEN f.source = f.target THEN 'follows itself'
            WHEN f.time IS NULL THEN 'no time'
            WHEN f.time <= 0 THEN 'the time is 0, or before 1970'
            WHEN f.time >= :until THEN 'the time is in the future'
            WHEN s.from_begun IS NULL AND :joined_only = 1 THEN 'the source never joined'
            WHEN t.to_begun IS NULL AND :joined_only = 1 THEN 'the target never joined'
            WHEN f.time < coalesce(s.from_begun, 0) THEN 'before the account of the source'
            WHEN f.time < coalesce(t.to_begun, 0) THEN 'before the account of the target'
            ELSE NULL
        END AS rule
    FROM follows AS f
    LEFT JOIN sources AS s ON s.from_user = f.source
    LEFT JOIN targets AS t ON t.to_user = f.target
)
SELECT source, target, min(time) AS time, count(*) AS copies, 1 AS times, rule
FROM told
GROUP BY source, target, rule
