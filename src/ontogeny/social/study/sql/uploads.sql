-- What everybody showed in a window, and in its two halves. (Sums of the whole and of one half cost
-- half of what means of all three do.)
WITH summed AS (
    SELECT "user",
        count(*) AS uploads,
        count(score) AS scored,
        sum(score) AS total,
        count(CASE WHEN time < :middle THEN 1 ELSE NULL END) AS uploads_first,
        count(CASE WHEN time < :middle THEN score ELSE NULL END) AS scored_first,
        sum(CASE WHEN time < :middle THEN score ELSE NULL END) AS total_first
    FROM photos
    WHERE rule IS NULL
    GROUP BY "user"
)
SELECT "user", uploads, scored,
    CASE WHEN scored > 0 THEN total / scored ELSE NULL END AS quality,
    uploads_first, scored_first,
    CASE WHEN scored_first > 0 THEN total_first / scored_first ELSE NULL END AS quality_first,
    uploads - uploads_first AS uploads_second,
    scored - scored_first AS scored_second,
    CASE WHEN scored > scored_first
        THEN (total - coalesce(total_first, 0)) / (scored - scored_first) ELSE NULL
    END AS quality_second
FROM summed
