-- dialect: postgresql
CREATE TABLE people (id integer PRIMARY KEY, email text, born date, age integer, name text NOT NULL);
