-- A line for each photo and rule: how many rows came as this, and which rule leaves them out (NULL
-- for none). One id with different rows leaves all of them out; equal rows of it are one photo.
WITH began AS (
    SELECT "user" AS member, begun FROM joined
), told AS (
    SELECT p.id AS id, p."user" AS "user", p.time AS time,
        CASE WHEN p.score >= :low AND p.score <= :high THEN p.score ELSE NULL END AS score,
        CASE WHEN p.score IS NULL OR (p.score >= :low AND p.score <= :high) THEN 0 ELSE 1
        END AS unscored,
        CASE
            WHEN p.id IS NULL THEN 'no id'
            WHEN p."user" IS NULL THEN 'no user'
            WHEN p.time IS NULL THEN 'no time'
            WHEN p.time <= 0 THEN 'the time is 0, or before 1970'
            WHEN p.time >= :until THEN 'the time is in the future'
            WHEN j.begun IS NULL AND :joined_only = 1 THEN 'the user never joined'
            WHEN p.time < coalesce(j.begun, 0) THEN 'before the account'
            ELSE NULL
        END AS rule
    FROM photos AS p LEFT JOIN began AS j ON j.member = p."user"
), one AS (
    SELECT id, rule, min("user") AS "user", min(time) AS time, min(score) AS score,
        max(unscored) AS unscored, count(*) AS copies,
        CASE WHEN min("user") = max("user") AND min(time) = max(time)
            AND min(unscored) = max(unscored)
            AND (count(score) = 0 OR (count(score) = count(*) AND min(score) = max(score)))
            THEN 1 ELSE 0
        END AS alike
    FROM told
    GROUP BY id, rule
)
SELECT id, "user", time, score, unscored, copies, 1 AS times,
    CASE WHEN rule IS NULL AND alike = 0 THEN 'one id of several photos' ELSE rule END AS rule
FROM one
