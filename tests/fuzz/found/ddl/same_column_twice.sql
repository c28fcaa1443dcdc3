CREATE TABLE shops (id serial PRIMARY KEY, name text NOTPRIMARY KEY, name text NOT NULL UNIQUE, area integer, place text DEFAULT 'here');
INSERT INTO shops (name, area, place) VALUES ('old', 100, 'there');
CREATE TABLE sales (id integer PRIMARY KEY, shop_id inte shop text, area integer, place text);
