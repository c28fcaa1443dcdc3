-- dialect: postgresql
CREATE TABLE first (id integer PRIMARY KEY);
CREATE TABLE second (id integer PRIMARY KEY, name text NOT NULL);
