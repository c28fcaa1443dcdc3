-- dialect: postgresql
CREATE TABLE amounts (id integer PRIMARY KEY, price numeric(6,2), small smallint, big numeric(38,18));
