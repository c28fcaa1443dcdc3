-- dialect: sqlite
CREATE TABLE teams (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE people (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  email TEXT,
  height REAL,
  role TEXT,
  team_id INTEGER REFERENCES teams (id)
);
CREATE TABLE clubs (id INTEGER PRIMARY KEY, name TEXT NOT NULL, captain_id INTEGER);
CREATE TABLE players (id INTEGER PRIMARY KEY, name TEXT NOT NULL, club_id INTEGER);
