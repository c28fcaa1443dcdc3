-- dialect: postgresql
CREATE TABLE people (id integer PRIMARY KEY, age integer, height double precision, name text, photo bytea);
