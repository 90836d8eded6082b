-- The graph by the end of a window, in the users' numbers.
WITH sources AS (
    SELECT "user" AS from_user, number AS from_number FROM users
), targets AS (
    SELECT "user" AS to_user, number AS to_number FROM users
)
SELECT s.from_number AS source, t.to_number AS target
FROM follows AS f
JOIN sources AS s ON s.from_user = f.source
JOIN targets AS t ON t.to_user = f.target
WHERE f.rule IS NULL
