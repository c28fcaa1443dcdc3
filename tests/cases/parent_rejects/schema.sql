-- dialect: postgresql
CREATE TABLE teams (id integer PRIMARY KEY, name text NOT NULL);
CREATE TABLE people (id integer PRIMARY KEY, team_id integer REFERENCES teams(id), name text NOT NULL);
CREATE TABLE badges (id integer PRIMARY KEY, person_id integer NOT NULL REFERENCES people(id), label text);
