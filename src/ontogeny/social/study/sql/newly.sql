-- Whom everybody newly followed in a window, and how good these had been before it.
WITH good AS (
    SELECT "user" AS followee, quality FROM uploads
)
SELECT f.source AS "user",
    count(*) AS new_ties,
    count(q.quality) AS new_known,
    avg(q.quality) AS exposed
FROM follows AS f LEFT JOIN good AS q ON q.followee = f.target
WHERE f.rule IS NULL
GROUP BY f.source
