-- Favourites that everybody's photos had in a window, and of how many people.
SELECT owner AS "user", CAST(sum(times) AS BIGINT) AS received, count(DISTINCT "user") AS fans
FROM events
WHERE rule IS NULL AND kind = :favourite
GROUP BY owner
