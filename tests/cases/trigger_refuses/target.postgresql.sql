CREATE TABLE readings (id integer PRIMARY KEY, value integer NOT NULL);
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'thirteen'; END $$;
CREATE TRIGGER refuse BEFORE INSERT ON readings FOR EACH ROW WHEN (NEW.id % 13 = 0) EXECUTE FUNCTION refuse();
