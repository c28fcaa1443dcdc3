CREATE TABLE shops (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE totals (shop_id integer PRIMARY KEY REFERENCES shops (id), place integer, rows integer, counted integer,
  people integer, pieces integer, turnover text, mean text, cheapest text, dearest text, first_day text, last_who text,
  buyers text, names text, any_paid boolean, all_paid boolean, large text, best integer);
CREATE TABLE people (place integer PRIMARY KEY, who text, paid boolean, sales integer);
