-- 02:30 does not exist on the last Sunday of March; in winter Berlin is one hour ahead of UTC, in summer two.
CREATE TABLE events (id INTEGER PRIMARY KEY, at TEXT);
INSERT INTO events VALUES (1, '2024-01-15 12:00:00'), (2, '2024-07-15 00:30:00'), (3, '2024-03-31 02:30:00'), (4, '2024-07-15T12:00:00Z'), (5, '2024-07-15');
