CREATE TABLE makers (id bigint PRIMARY KEY, name text);
CREATE TABLE shirts (id bigint PRIMARY KEY, tags text, sizes text, makers jsonb, size text, colour bigint);
