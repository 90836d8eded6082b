-- What everybody showed in a window, and in its two halves.
SELECT "user",
    count(*) AS uploads,
    count(score) AS scored,
    avg(score) AS quality,
    count(CASE WHEN time < :middle THEN 1 ELSE NULL END) AS uploads_first,
    count(CASE WHEN time < :middle THEN score ELSE NULL END) AS scored_first,
    avg(CASE WHEN time < :middle THEN score ELSE NULL END) AS quality_first,
    count(CASE WHEN time >= :middle THEN 1 ELSE NULL END) AS uploads_second,
    count(CASE WHEN time >= :middle THEN score ELSE NULL END) AS scored_second,
    avg(CASE WHEN time >= :middle THEN score ELSE NULL END) AS quality_second
FROM photos
WHERE rule IS NULL
GROUP BY "user"
