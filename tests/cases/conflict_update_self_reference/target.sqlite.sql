CREATE TABLE employees (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, title TEXT,
  manager_id INTEGER REFERENCES employees(id));
CREATE TABLE badges (number INTEGER PRIMARY KEY, employee_id INTEGER NOT NULL REFERENCES employees(id));
INSERT INTO employees VALUES (101, 'Ada', 'boss', NULL), (102, 'Bob', 'cook', 101), (103, 'Cy', 'temp', NULL);
INSERT INTO badges VALUES (1, 103);
