CREATE TABLE tickets (id INTEGER PRIMARY KEY, state TEXT, size TEXT, points INTEGER);
INSERT INTO tickets VALUES (1, 'Open', 'S', 1), (2, 'ajar', 'M', 2), (3, 'closed', 'XL', 3), (4, NULL, 'L', 5), (5, 'shut', 'none', 4);
