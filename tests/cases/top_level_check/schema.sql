-- dialect: postgresql
CREATE TABLE payments (id integer PRIMARY KEY, amount integer NOT NULL);
