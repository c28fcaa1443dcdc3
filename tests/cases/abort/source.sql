CREATE TABLE payments (id INTEGER PRIMARY KEY, currency TEXT);
INSERT INTO payments VALUES (1, 'EUR'), (2, 'XXX'), (3, 'USD');
