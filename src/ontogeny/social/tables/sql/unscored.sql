-- Photos that are admitted without their score.
SELECT sum(unscored) AS found FROM admitted WHERE rule IS NULL
