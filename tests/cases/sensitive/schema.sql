-- dialect: postgresql
CREATE TABLE accounts (id integer PRIMARY KEY, pin text NOT NULL, owner text NOT NULL);
