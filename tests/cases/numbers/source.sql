-- Nothing is rounded to make it fit.
CREATE TABLE amounts (id INTEGER PRIMARY KEY, price TEXT, small INTEGER, big TEXT);
INSERT INTO amounts VALUES (1, '1234.56', 32767, '12345678901234567890.123456789012345678'), (2, '1234.567', 1, NULL), (3, '12345.6', 1, NULL),
  (4, '12,5', 1, NULL), (5, '-9999.99', -32768, '-0.000000000000000001'), (6, '1', 32768, NULL), (7, ' 7.50 ', 7, '1e3'), (8, 'NaN', 8, NULL), (9, '', 9, NULL);
