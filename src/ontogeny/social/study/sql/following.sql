-- Whom everybody followed by the end of a window: how many, how many back, and how good they were.
WITH ties AS (
    SELECT source, target FROM follows WHERE rule IS NULL
)
SELECT t.source AS "user",
    count(*) AS following,
    count(b.source) AS mutual,
    count(q.quality) AS near_known,
    avg(q.quality) AS near
FROM ties AS t
LEFT JOIN ties AS b ON b.source = t.target AND b.target = t.source
LEFT JOIN uploads AS q ON q."user" = t.target
GROUP BY t.source
