-- What everybody did in a window, joining apart, and in its two halves.
SELECT "user",
    CAST(sum(CASE WHEN kind = :favourite THEN times ELSE 0 END) AS BIGINT) AS given,
    CAST(sum(CASE WHEN kind = :login THEN times ELSE 0 END) AS BIGINT) AS logins,
    CAST(sum(CASE WHEN kind = :join THEN 0 ELSE times END) AS BIGINT) AS acts,
    CAST(sum(CASE WHEN kind = :join OR time >= :middle THEN 0 ELSE times END) AS BIGINT) AS acts_first,
    CAST(sum(CASE WHEN kind = :join OR time < :middle THEN 0 ELSE times END) AS BIGINT) AS acts_second
FROM events
WHERE rule IS NULL
GROUP BY "user"
