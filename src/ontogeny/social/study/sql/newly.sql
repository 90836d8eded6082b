-- Whom everybody newly followed in a window, and how good these had been before it.
SELECT f.source AS "user",
    count(*) AS new_ties,
    count(q.quality) AS new_known,
    avg(q.quality) AS exposed
FROM follows AS f LEFT JOIN uploads AS q ON q."user" = f.target
WHERE f.rule IS NULL
GROUP BY f.source
