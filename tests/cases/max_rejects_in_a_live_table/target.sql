CREATE TABLE people (id integer PRIMARY KEY, name varchar(20) NOT NULL);
INSERT INTO people VALUES (100, 'was here before');
