CREATE TABLE users (id integer PRIMARY KEY, email varchar(40) NOT NULL UNIQUE, password varchar(40) NOT NULL, phone varchar(20), seen integer);
INSERT INTO users VALUES (1, 'ada@x', 'p', NULL, NULL), (2, 'bob@x', 'q', '4', 7);
