-- Deferred: the database itself would only speak up at COMMIT.
CREATE TABLE countries (code varchar(2) PRIMARY KEY);
CREATE TABLE orders (id integer PRIMARY KEY, country varchar(2) REFERENCES countries(code) DEFERRABLE INITIALLY DEFERRED);
INSERT INTO countries VALUES ('FR');
INSERT INTO countries VALUES ('DE');
