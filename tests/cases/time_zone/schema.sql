-- dialect: postgresql
CREATE TABLE events (id integer PRIMARY KEY, at timestamptz, utc_day date);
