-- The mapping knows nothing of notes, which a DELETE would take along.
CREATE TABLE users (id integer PRIMARY KEY, name varchar(20));
CREATE TABLE notes (id integer PRIMARY KEY, user_id integer REFERENCES users(id) ON DELETE CASCADE);
INSERT INTO users VALUES (1, 'old'), (7, 'other');
INSERT INTO notes VALUES (1, 7), (2, 7), (3, NULL);
