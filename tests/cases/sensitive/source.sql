CREATE TABLE accounts (id INTEGER PRIMARY KEY, pin_text TEXT, owner TEXT);
INSERT INTO accounts VALUES (1, '1234', 'Ada'), (2, 'hunter2-hunter2', 'Bob'), (3, 'letmein', NULL);
