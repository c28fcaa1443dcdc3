CREATE TABLE people (id integer PRIMARY KEY, town text, size integer, known boolean, big text);
