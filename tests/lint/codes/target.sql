-- dialect: postgresql
CREATE TYPE role AS ENUM ('admin', 'member');
CREATE TABLE teams (id integer PRIMARY KEY, name text NOT NULL);
CREATE TABLE people (
  id integer PRIMARY KEY,
  name text NOT NULL,
  email text,
  height numeric(4, 2),
  weight double precision,
  role role,
  password text,
  sealed bytea,
  team_id integer REFERENCES teams (id)
);
CREATE TABLE clubs (id serial PRIMARY KEY, name text NOT NULL, captain_id integer);
CREATE TABLE players (id serial PRIMARY KEY, name text NOT NULL, club_id integer REFERENCES clubs (id));
ALTER TABLE clubs ADD FOREIGN KEY (captain_id) REFERENCES players (id);
