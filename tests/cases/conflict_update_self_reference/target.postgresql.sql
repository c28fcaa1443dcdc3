CREATE TABLE employees (id integer PRIMARY KEY DEFAULT -1, name text NOT NULL UNIQUE, title text,
  manager_id integer REFERENCES employees(id));
CREATE SEQUENCE numbers START 104 OWNED BY employees.id;
ALTER TABLE employees ALTER id SET DEFAULT nextval('numbers');
CREATE TABLE badges (number integer PRIMARY KEY, employee_id integer NOT NULL REFERENCES employees(id));
INSERT INTO employees VALUES (101, 'Ada', 'boss', NULL), (102, 'Bob', 'cook', 101), (103, 'Cy', 'temp', NULL);
INSERT INTO badges VALUES (1, 103);
