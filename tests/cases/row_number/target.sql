CREATE TABLE visits (id integer PRIMARY KEY, place integer, of_person integer, of_person_and_page integer, first_one text);
CREATE TABLE people (id integer PRIMARY KEY, who text, place integer);
