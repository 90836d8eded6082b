-- By how many everybody was followed by the end of a window.
SELECT target AS "user", count(*) AS followers
FROM follows
WHERE rule IS NULL
GROUP BY target
