-- dialect: sqlite
CREATE TABLE teams (id INTEGER PRIMARY KEY, name VARCHAR(40) NOT NULL);
