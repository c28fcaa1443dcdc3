-- dialect: postgresql
CREATE TYPE ticket_state AS ENUM ('open', 'closed');
CREATE TABLE tickets (id integer PRIMARY KEY, state ticket_state, size text NOT NULL CHECK (size IN ('S', 'M', 'L')), points integer);
