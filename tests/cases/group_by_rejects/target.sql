CREATE TABLE days (day date PRIMARY KEY, minutes integer, guessed integer, total integer, kind text);
CREATE TABLE people (who text PRIMARY KEY, entries integer);
