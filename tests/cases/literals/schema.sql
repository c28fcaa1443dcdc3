-- dialect: postgresql
CREATE TABLE countries (id integer PRIMARY KEY, norway text, octal text, version text, sexagesimal text, hex text, empty text, nothing text,
  word text, active boolean, half numeric(4,2));
