-- Whoever is in any column, and when first.
WITH seen AS (
    SELECT "user", time FROM photos WHERE rule IS NULL
    UNION ALL SELECT source AS "user", time FROM follows WHERE rule IS NULL
    UNION ALL SELECT target AS "user", time FROM follows WHERE rule IS NULL
    UNION ALL SELECT "user", time FROM events WHERE rule IS NULL
)
SELECT "user", min(time) AS begun
FROM seen
GROUP BY "user"
ORDER BY "user"
