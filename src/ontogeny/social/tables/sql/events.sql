-- A line for each event and rule; `owner` is whose photo it was. Of a favourite that comes again at
-- the same time there is one; `times` is how many events a line stands for.
WITH began AS (
    SELECT "user" AS member, begun FROM joined
), owned AS (
    SELECT id, "user" AS owner, time AS shown FROM admitted WHERE rule IS NULL
), told AS (
    SELECT e."user" AS "user", e.time AS time, e.kind AS kind, e.photo AS photo, o.owner AS owner,
        CASE
            WHEN e."user" IS NULL THEN 'no user'
            WHEN e.kind IS NULL THEN 'no kind'
            WHEN e.time IS NULL THEN 'no time'
            WHEN e.time <= 0 THEN 'the time is 0, or before 1970'
            WHEN e.time >= :until THEN 'the time is in the future'
            WHEN j.begun IS NULL AND :joined_only = 1 THEN 'the user never joined'
            WHEN e.time < coalesce(j.begun, 0) THEN 'before the account'
            WHEN e.photo IS NULL AND e.kind = :favourite THEN 'a favourite without a photo'
            WHEN e.photo IS NOT NULL AND o.owner IS NULL THEN 'the photo is missing'
            WHEN e.kind = :favourite AND o.owner = e."user" THEN 'a favourite of one''s own photo'
            WHEN e.photo IS NOT NULL AND e.time < o.shown THEN 'before the photo'
            ELSE NULL
        END AS rule
    FROM events AS e
    LEFT JOIN began AS j ON j.member = e."user"
    LEFT JOIN owned AS o ON o.id = e.photo
)
SELECT "user", time, kind, photo, owner, rule, count(*) AS copies,
    CASE WHEN kind = :favourite THEN 1 ELSE count(*) END AS times
FROM told
GROUP BY "user", time, kind, photo, owner, rule
