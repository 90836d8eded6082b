-- Whom everybody followed by the end of a window: how many, how many back, and how good they were.
WITH ties AS (
    SELECT source, target FROM follows WHERE rule IS NULL
), back AS (
    SELECT source AS back_source, target AS back_target FROM follows WHERE rule IS NULL
), good AS (
    SELECT "user" AS followee, quality FROM uploads
)
SELECT t.source AS "user",
    count(*) AS following,
    count(b.back_source) AS mutual,
    count(q.quality) AS near_known,
    avg(q.quality) AS near
FROM ties AS t
LEFT JOIN back AS b ON b.back_source = t.target AND b.back_target = t.source
LEFT JOIN good AS q ON q.followee = t.target
GROUP BY t.source
