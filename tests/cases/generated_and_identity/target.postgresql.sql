CREATE TABLE lines (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, ref integer NOT NULL, quantity integer, price integer,
  total integer GENERATED ALWAYS AS (quantity * price) STORED);
