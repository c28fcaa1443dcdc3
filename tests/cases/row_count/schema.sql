-- dialect: postgresql
CREATE TABLE people (id integer PRIMARY KEY);
