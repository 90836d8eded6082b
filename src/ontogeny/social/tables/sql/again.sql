-- Rows that say once more what an admitted line says.
SELECT sum(copies - times) AS found FROM admitted WHERE rule IS NULL
