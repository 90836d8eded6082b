-- How many rows each rule left out, how many came again, and how many lines are admitted.
SELECT rule, count(*) AS lines, sum(copies) AS found
FROM admitted
GROUP BY rule
