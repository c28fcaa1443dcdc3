-- Units refer forward to units (n + 3) and back; every 50th is named like the one before it; every 97th is swallowed
-- by a trigger and every 61st refused by one; the last ones point at nobody. Parts belong to units.
CREATE TABLE units (id INTEGER PRIMARY KEY, name TEXT, parent_id INTEGER);
INSERT INTO units WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400)
  SELECT i, CASE WHEN i % 50 = 0 THEN ' unit ' || (i - 1) ELSE 'unit ' || i END,
    CASE WHEN i % 4 = 0 THEN NULL WHEN i % 4 = 1 THEN i + 3 WHEN i % 4 = 2 THEN i - 1 ELSE i END FROM n;
UPDATE units SET parent_id = 9999 WHERE id = 398;
CREATE TABLE parts (id INTEGER PRIMARY KEY, unit_id INTEGER, slot INTEGER, weight INTEGER);
INSERT INTO parts WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 600)
  SELECT i, 1 + (i * 7) % 400, i % 90, CASE WHEN i % 111 = 0 THEN -1 ELSE i END FROM n;
