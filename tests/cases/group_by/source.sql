CREATE TABLE sales (id INTEGER PRIMARY KEY, shop TEXT, day DATE, pieces INTEGER, price DECIMAL(8,2), who TEXT, paid BOOLEAN);
INSERT INTO sales VALUES
  (1, 'North', '2025-01-02', 2, '1.50', 'ann', 1),
  (2, 'south', '2025-01-01', 1, '9.99', 'bob', 0),
  (3, 'NORTH', '2025-01-03', NULL, '2.50', NULL, NULL),
  (4, 'north', '2025-01-01', 4, '0.25', 'ann', 1),
  (5, 'South', '2025-01-05', 0, '1.00', 'eve', 1),
  (6, 'east', '2025-01-04', NULL, NULL, NULL, NULL),
  (7, 'north', '2025-01-09', 1, NULL, 'zoe', 0),
  (8, 'south', '2025-01-02', 3, '10.01', 'ann', NULL);
