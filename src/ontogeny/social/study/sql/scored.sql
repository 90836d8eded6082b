-- Every scored photo: its user's number, and the score.
WITH members AS (
    SELECT "user" AS member, number FROM users
)
SELECT m.number AS number, p.score AS score
FROM photos AS p
JOIN members AS m ON m.member = p."user"
WHERE p.rule IS NULL AND p.score IS NOT NULL
