-- When the first and the last thing was that is admitted.
WITH seen AS (
    SELECT min(time) AS first, max(time) AS last FROM photos WHERE rule IS NULL
    UNION ALL SELECT min(time) AS first, max(time) AS last FROM follows WHERE rule IS NULL
    UNION ALL SELECT min(time) AS first, max(time) AS last FROM events WHERE rule IS NULL
)
SELECT min(first) AS first, max(last) AS last FROM seen
