-- dialect: postgresql
CREATE TABLE orders (id integer PRIMARY KEY, state text, amount text);
