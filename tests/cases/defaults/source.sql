CREATE TABLE prefs (id INTEGER PRIMARY KEY, theme TEXT, size INTEGER, beta INTEGER, note TEXT, since TEXT);
INSERT INTO prefs VALUES (1, NULL, NULL, NULL, NULL, NULL), (2, 'dark', 9, 1, 'mine', '2024-05-06');
