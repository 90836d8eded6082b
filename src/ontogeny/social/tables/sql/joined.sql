-- When everybody who said so joined.
SELECT "user", min(time) AS begun
FROM events
WHERE kind = :join AND "user" IS NOT NULL AND time > 0 AND time < :until
GROUP BY "user"
