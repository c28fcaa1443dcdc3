CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT NOT NULL UNIQUE, name TEXT, score NUMERIC CONSTRAINT not_below_zero CHECK (score >= 0),
  seen TEXT, kept TEXT DEFAULT 'new');
INSERT INTO users VALUES (1, 'ada@x.co', 'Ada', 1.5, '2020-01-01T00:00:00Z', 'mine'),
  (2, 'old@x.co', 'Old', 9, NULL, 'mine');
CREATE TABLE days (user_email TEXT NOT NULL REFERENCES users(email), day TEXT NOT NULL, steps INTEGER, note TEXT,
  PRIMARY KEY (user_email, day));
INSERT INTO days VALUES ('ada@x.co', '2020-01-01', 1, 'rain');
