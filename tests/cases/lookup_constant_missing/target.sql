CREATE TABLE things (id integer PRIMARY KEY, owner integer, other integer);
