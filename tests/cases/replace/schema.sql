CREATE TABLE users (id integer PRIMARY KEY, name text);
CREATE TABLE orders (id integer PRIMARY KEY, user_id integer REFERENCES users(id) ON DELETE CASCADE);
CREATE TABLE sales (id integer PRIMARY KEY, kind text, day date, year integer, total integer);
