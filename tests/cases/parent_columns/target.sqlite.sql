CREATE TABLE shops (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, area integer, place text DEFAULT 'here');
INSERT INTO shops (name, area, place) VALUES ('old', 100, 'there');
CREATE TABLE sales (id INTEGER PRIMARY KEY, shop_id integer REFERENCES shops (id), shop text, area integer, place text);
