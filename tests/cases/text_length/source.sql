CREATE TABLE labels (id INTEGER PRIMARY KEY, name TEXT);
-- Characters count, not bytes; blanks at the end count too.
INSERT INTO labels VALUES (1, 'five5'), (2, 'sixsix'), (3, 'ÄÖÜäö'), (4, 'four  '), (5, '🙂🙂🙂🙂🙂'), (6, '');
