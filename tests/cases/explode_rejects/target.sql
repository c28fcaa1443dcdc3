CREATE TABLE grades (pupil_id integer NOT NULL, position integer NOT NULL, grade integer, PRIMARY KEY (pupil_id, position));
CREATE TABLE notes (pupil_id integer NOT NULL, position integer NOT NULL, letter text, PRIMARY KEY (pupil_id, position));
