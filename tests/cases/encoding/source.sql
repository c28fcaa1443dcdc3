CREATE TABLE notes (id INTEGER PRIMARY KEY, title TEXT, body TEXT);
INSERT INTO notes VALUES (1, 'Grüße', '日本語 🙂');
INSERT INTO notes VALUES (2, CAST(x'4a6f73e9' AS TEXT), 'latin-1 in the title');
INSERT INTO notes VALUES (3, 'cut off', CAST(x'e697' AS TEXT));
INSERT INTO notes VALUES (4, 'a NUL', CAST(x'610062' AS TEXT));
INSERT INTO notes VALUES (5, 'a surrogate', CAST(x'eda080' AS TEXT));
INSERT INTO notes VALUES (6, '', '');
