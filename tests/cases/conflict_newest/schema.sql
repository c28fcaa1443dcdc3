CREATE TABLE people (code text PRIMARY KEY, email text UNIQUE, updated_at timestamptz);
