-- A condition that cannot be answered rejects the row; one that is not true leaves it behind.
CREATE TABLE orders (id INTEGER PRIMARY KEY, state TEXT, amount TEXT);
INSERT INTO orders VALUES (1, 'paid', '10'), (2, 'deleted', '20'), (3, 'paid', '9'), (4, 'paid', 'ten'), (5, NULL, '30'), (6, 'open', NULL), (7, 'open', '11');
