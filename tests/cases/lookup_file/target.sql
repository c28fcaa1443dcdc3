CREATE TABLE things (id integer PRIMARY KEY, kind text, size integer, shop text, floor integer);
