CREATE TABLE orders (id INTEGER PRIMARY KEY, country TEXT);
INSERT INTO orders VALUES (1, 'FR'), (2, 'XX'), (3, NULL), (4, 'DE'), (5, 'XX');
