-- How many photos everybody showed, and how many favourites they had.
WITH shown AS (
    SELECT "user" AS author, count(*) AS photos FROM photos WHERE rule IS NULL GROUP BY "user"
), favoured AS (
    SELECT owner, CAST(sum(times) AS BIGINT) AS favourites
    FROM events
    WHERE rule IS NULL AND kind = :favourite
    GROUP BY owner
)
SELECT u.number AS number, coalesce(s.photos, 0) AS photos, coalesce(f.favourites, 0) AS favourites,
    u.begun AS begun
FROM users AS u
LEFT JOIN shown AS s ON s.author = u."user"
LEFT JOIN favoured AS f ON f.owner = u."user"
ORDER BY number
