CREATE TABLE phones (n INTEGER PRIMARY KEY, email TEXT, phone TEXT);
INSERT INTO phones VALUES (1, 'ada@x', '1'), (2, 'nobody@x', '2'), (3, 'bob@x', '3'), (4, 'bob@x', '4'), (5, 'bob@x', '4');
CREATE TABLE visits (n INTEGER PRIMARY KEY, email TEXT, seen INTEGER);
INSERT INTO visits VALUES (1, 'ada@x', 5), (2, 'ada@x', 4), (3, 'nobody@x', 9), (4, 'bob@x', 1), (5, NULL, 1), (6, 'x', 1);
