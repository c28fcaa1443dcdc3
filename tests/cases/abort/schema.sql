-- dialect: postgresql
CREATE TABLE payments (id integer PRIMARY KEY, currency text NOT NULL);
