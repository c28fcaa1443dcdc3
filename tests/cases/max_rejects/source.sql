-- One row too many is rejected in the second table: the first, complete, goes too.
CREATE TABLE first (id INTEGER PRIMARY KEY);
CREATE TABLE second (id INTEGER PRIMARY KEY, name TEXT);
INSERT INTO first VALUES (1), (2), (3);
INSERT INTO second VALUES (1, 'aa'), (2, 'b'), (3, 'cc'), (4, 'dd'), (5, 'e'), (6, 'ff'), (7, 'gg'), (8, 'hh'), (9, 'ii'), (10, 'jj');
