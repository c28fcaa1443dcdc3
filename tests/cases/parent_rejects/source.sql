CREATE TABLE teams (id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE people (id INTEGER PRIMARY KEY, team_id INTEGER, name TEXT);
CREATE TABLE badges (id INTEGER PRIMARY KEY, person_id INTEGER, label TEXT);

INSERT INTO teams VALUES (1, 'Red'), (2, 'B'), (3, 'Green');
INSERT INTO people VALUES (11, 1, 'Ada'), (12, 2, 'Bob'), (13, 9, 'Cy'), (14, NULL, 'Di'), (15, 3, 'Eve');
INSERT INTO badges VALUES (101, 11, 'gold'), (102, 12, 'goes with Bob'), (103, 13, 'goes with Cy'), (104, 15, 'iron'), (105, 99, 'nobody');
