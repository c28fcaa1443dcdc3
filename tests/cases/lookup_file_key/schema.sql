CREATE TABLE people (id integer PRIMARY KEY, city text, home text);
