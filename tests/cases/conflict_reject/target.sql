CREATE TABLE users (email varchar(100) NOT NULL UNIQUE, name varchar(100));
INSERT INTO users VALUES ('bob@example.com', 'Bob, first');
