-- dialect: postgresql
CREATE TABLE settings_of_users (id integer PRIMARY KEY, theme text NOT NULL DEFAULT 'it''s light', size integer NOT NULL DEFAULT 12,
  beta boolean NOT NULL DEFAULT false, note text DEFAULT 'nothing', since date NOT NULL DEFAULT '2020-01-01', level integer NOT NULL DEFAULT 7);
