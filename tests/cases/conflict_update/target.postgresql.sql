CREATE TABLE users (id integer PRIMARY KEY, email text NOT NULL UNIQUE, name text,
  score numeric(6, 2) CONSTRAINT not_below_zero CHECK (score >= 0), seen timestamptz, kept text DEFAULT 'new');
INSERT INTO users VALUES (1, 'ada@x.co', 'Ada', 1.5, '2020-01-01T00:00:00Z', 'mine'),
  (2, 'old@x.co', 'Old', 9, NULL, 'mine');
CREATE TABLE days (user_email text NOT NULL REFERENCES users(email), day date NOT NULL, steps integer, note text,
  PRIMARY KEY (user_email, day));
INSERT INTO days VALUES ('ada@x.co', '2020-01-01', 1, 'rain');
