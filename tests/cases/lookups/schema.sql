-- dialect: postgresql
CREATE TABLE people (id integer PRIMARY KEY, role text, level integer, kind text NOT NULL);
