CREATE TABLE customers (id INTEGER PRIMARY KEY);
CREATE TABLE orders (year INTEGER, number INTEGER, customer_id INTEGER, PRIMARY KEY (year, number));
INSERT INTO customers VALUES (1), (2);
INSERT INTO orders VALUES (2024, 1, 2), (2024, 2, 1);
