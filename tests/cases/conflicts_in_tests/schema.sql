CREATE TABLE users (id serial PRIMARY KEY, email text NOT NULL UNIQUE, phone text UNIQUE, seen timestamptz);
CREATE TABLE visits (id integer PRIMARY KEY, user_id integer REFERENCES users(id));
CREATE TABLE days (day date PRIMARY KEY, steps integer);
