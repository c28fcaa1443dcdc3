CREATE TABLE people (id integer PRIMARY KEY, email varchar(20) UNIQUE, name varchar(20) NOT NULL);
INSERT INTO people VALUES (1, 'a@x', 'Ada'), (2, 'b@x', 'Bob');
