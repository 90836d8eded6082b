-- The graph by the end of a window, in the users' numbers.
SELECT s.number AS source, t.number AS target
FROM follows AS f
JOIN users AS s ON s."user" = f.source
JOIN users AS t ON t."user" = f.target
WHERE f.rule IS NULL
