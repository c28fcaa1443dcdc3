CREATE TABLE languages (coach_id integer NOT NULL, language text NOT NULL, position integer NOT NULL, PRIMARY KEY (coach_id, position));
CREATE TABLE words (coach_id integer NOT NULL, page text NOT NULL, word text NOT NULL, position integer NOT NULL, PRIMARY KEY (coach_id, position));
