-- When everybody who had begun was first seen.
WITH seen AS (
    SELECT "user", time FROM photos WHERE rule IS NULL
    UNION ALL SELECT source AS "user", time FROM follows WHERE rule IS NULL
    UNION ALL SELECT target AS "user", time FROM follows WHERE rule IS NULL
    UNION ALL SELECT "user", time FROM events WHERE rule IS NULL
)
SELECT "user", CAST(min(time) AS DOUBLE) AS begun
FROM seen
GROUP BY "user"
