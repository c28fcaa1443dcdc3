CREATE TABLE everything (id INTEGER PRIMARY KEY, flag TEXT, big INTEGER, exact TEXT, real_number TEXT, words TEXT, day TEXT, clock TEXT,
  wall TEXT, instant TEXT, key TEXT, doc TEXT, raw BLOB);
INSERT INTO everything VALUES (1, 'yes', 9223372036854775807, '-12345.6789', '0.1', 'a|b', '2024-02-29', '23:59:59.999999', '2024-03-31 02:30:00',
  '2024-03-31T02:30:00.5+02:00', '{6F9619FF-8B86-D011-B42D-00CF4FC964FF}', '{"b": 1e2, "a": [1.10, null, "é"], "b": 2}', x'00ff');
INSERT INTO everything VALUES (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
