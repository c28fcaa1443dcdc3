-- Three spellings of one tag, and one that the target has: get or create.
CREATE TABLE tags (id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE posts (id INTEGER PRIMARY KEY, tag_id INTEGER);
INSERT INTO tags VALUES (1, 'sql'), (2, 'SQL'), (3, 'Sql'), (4, 'yaml'), (5, 'c++');
INSERT INTO posts VALUES (1, 1), (2, 2), (3, 3), (4, 4), (5, 5);
