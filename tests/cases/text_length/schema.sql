-- dialect: postgresql
CREATE TABLE labels (id integer PRIMARY KEY, name varchar(5) NOT NULL);
