#include "engine/undo/postgres_text.h"

namespace etl::undo {

std::string_view postgres_restore() {
  return R"sql(
-- Earlier runs that wrote this table. Their rows get a new xmin when this rollback puts them back: action r in their
-- journal says so, else they would count as changed.
CREATE OR REPLACE FUNCTION pg_temp.etl_undo_earlier(target text) RETURNS SETOF etl.tables LANGUAGE sql AS $etl$
  SELECT t.* FROM pg_temp.etl_undo_run me JOIN etl.runs r ON r.number < me.number AND r.state <> 'undone'
  JOIN etl.tables t ON t.run = r.run AND t.target = $1
$etl$;

CREATE OR REPLACE FUNCTION pg_temp.etl_undo_xmins(run uuid, pos int) RETURNS SETOF xid LANGUAGE sql AS $etl$
  SELECT m.xmin FROM etl.images m WHERE m.run = $1 AND m.position = $2
  UNION SELECT j.xmin FROM etl.journal j WHERE j.run = $1 AND j.position = $2 AND j.action IN ('i', 'r')
$etl$;

-- Notes rows of `source` (a query with the columns of the table as `t`) as written by an earlier run.
CREATE OR REPLACE FUNCTION pg_temp.etl_undo_note(earlier etl.tables, source text) RETURNS int LANGUAGE plpgsql AS $etl$
DECLARE
  next bigint := 1 + greatest((SELECT max(step) FROM etl.journal j WHERE j.run = earlier.run), (SELECT max(step) FROM etl.images m WHERE m.run = earlier.run));
  kind text;
BEGIN
  IF cardinality(earlier.key) = 0 THEN
    EXECUTE format('INSERT INTO etl.journal (run, position, step, part, action, rows) SELECT %L, %s, %s, 0, ''r'', count(*) FROM %s HAVING count(*) > 0',
      earlier.run, earlier.position, next, source);
  END IF;
  FOR i IN 1 .. cardinality(earlier.key) LOOP
    kind := earlier.key_kinds[i];
    EXECUTE format('INSERT INTO etl.journal (run, position, step, part, action, rows, %I)
      SELECT %L, %s, %s, %s, ''r'', count(*), array_agg(t.%I::%s ORDER BY place) FROM %s HAVING count(*) > 0',
      kind, earlier.run, earlier.position, next, i - 1, earlier.key[i],
      CASE kind WHEN 'ints' THEN 'bigint' WHEN 'uuids' THEN 'uuid' ELSE 'text' END, source);
  END LOOP;
  RETURN 1;
END $etl$;

CREATE OR REPLACE FUNCTION pg_temp.etl_undo_stamp(target text) RETURNS void LANGUAGE plpgsql AS $etl$
DECLARE
  earlier etl.tables;
BEGIN
  FOR earlier IN SELECT * FROM pg_temp.etl_undo_earlier(target) e WHERE cardinality(e.key) > 0 LOOP
    PERFORM pg_temp.etl_undo_note(earlier, format('(SELECT t.*, t.ctid AS place FROM pg_temp.etl_undo_stamps s JOIN %s t ON t.ctid = s.t_ctid AND t.tableoid = s.t_oid
      WHERE s.was IN (SELECT pg_temp.etl_undo_xmins(%L, %s))) t', target, earlier.run, earlier.position));
  END LOOP;
  DELETE FROM pg_temp.etl_undo_stamps;
END $etl$;

-- Runs `change` for the items lo to hi of etl_undo_work, then `note`, in one subtransaction: so that rows and what the
-- journal notes about them share xmin. Where a constraint refuses: for each half, down to single items.
CREATE OR REPLACE FUNCTION pg_temp.etl_undo_try(change text, note text, lo bigint, hi bigint) RETURNS bigint LANGUAGE plpgsql AS $etl$
DECLARE
  done bigint;
BEGIN
  IF NOT EXISTS (SELECT FROM pg_temp.etl_undo_work WHERE n BETWEEN lo AND hi AND NOT is_done) THEN RETURN 0; END IF;
  BEGIN
    EXECUTE change USING lo, hi;
    GET DIAGNOSTICS done = ROW_COUNT;
    PERFORM set_config('etl.undo_lo', lo::text, true), set_config('etl.undo_hi', hi::text, true);
    EXECUTE note;
    UPDATE pg_temp.etl_undo_work SET is_done = true WHERE n BETWEEN lo AND hi;
    RETURN done;
  EXCEPTION WHEN integrity_constraint_violation OR raise_exception THEN
    IF lo >= hi THEN RETURN 0; END IF;
  END;
  RETURN pg_temp.etl_undo_try(change, note, lo, (lo + hi) / 2) + pg_temp.etl_undo_try(change, note, (lo + hi) / 2 + 1, hi);
END $etl$;

-- Until nothing more succeeds. Gives the number of rows changed.
CREATE OR REPLACE FUNCTION pg_temp.etl_undo_try_all(change text, note text) RETURNS bigint LANGUAGE plpgsql AS $etl$
DECLARE
  done bigint;
  total bigint := 0;
  items constant bigint := (SELECT coalesce(max(n), 0) FROM pg_temp.etl_undo_work);
BEGIN
  LOOP
    done := pg_temp.etl_undo_try(change, note, 1, items);
    total := total + done;
    EXIT WHEN done = 0;
  END LOOP;
  RETURN total;
END $etl$;

-- Rows as they were before the updates of the steps lo to hi.
CREATE OR REPLACE FUNCTION pg_temp.etl_undo_restore(tab pg_temp.etl_undo_tables, lo bigint, hi bigint) RETURNS void LANGUAGE plpgsql AS $etl$
DECLARE
  run uuid := (SELECT r.run FROM pg_temp.etl_undo_run r);
  assignments text;
  done bigint;
  missed bigint;
BEGIN
  DELETE FROM pg_temp.etl_undo_work;
  INSERT INTO pg_temp.etl_undo_work (n, item, step, ordinal)
    SELECT row_number() OVER (ORDER BY step DESC, ordinal DESC), n, step, ordinal FROM (
      SELECT DISTINCT ON (i.n) i.n, i.step, i.ordinal FROM pg_temp.etl_undo_images i JOIN pg_temp.etl_undo_rows u ON u.n = i.n
      WHERE i.position = tab.position AND i.step BETWEEN lo AND hi AND u.kind = 'u' AND u.same AND NOT u.keep
      ORDER BY i.n, i.step, i.ordinal) x;
  IF NOT FOUND THEN RETURN; END IF;
  ANALYZE pg_temp.etl_undo_work;
  SELECT string_agg(format('%I = m.image[%s]::%s', c, i, pg_temp.etl_undo_type(tab.rel, c)), ', ') INTO assignments
  FROM unnest(tab.columns) WITH ORDINALITY AS x(c, i) JOIN pg_catalog.pg_attribute a ON a.attrelid = tab.rel AND a.attname = c
  WHERE a.attgenerated = '' AND a.attidentity <> 'a';
  done := pg_temp.etl_undo_try_all(format('WITH up AS (UPDATE %s t SET %s
      FROM pg_temp.etl_undo_work w JOIN pg_temp.etl_undo_rows u ON u.n = w.item
      JOIN etl.images m ON m.run = %L AND m.position = %s AND m.step = w.step AND m.ordinal = w.ordinal
      WHERE w.n BETWEEN $1 AND $2 AND NOT w.is_done AND t.ctid = u.t_ctid AND t.tableoid = u.t_oid
      RETURNING u.n, t.tableoid AS o, t.ctid AS c, m.was), stamps AS (INSERT INTO pg_temp.etl_undo_stamps SELECT o, c, was FROM up)
    UPDATE pg_temp.etl_undo_rows u SET t_oid = up.o, t_ctid = up.c FROM up WHERE u.n = up.n', tab.target, assignments, run, tab.position),
    format('SELECT pg_temp.etl_undo_stamp(%L)', tab.target));
  UPDATE pg_temp.etl_undo_tables t SET restored = t.restored + done WHERE t.position = tab.position;
  SELECT count(*) INTO missed FROM pg_temp.etl_undo_work WHERE NOT is_done;
  IF missed > 0 THEN
    UPDATE pg_temp.etl_undo_rows u SET same = false FROM pg_temp.etl_undo_work w WHERE w.item = u.n AND NOT w.is_done;
    PERFORM pg_temp.etl_undo_stop('collides', true, tab.target, missed,
      format('%s of %s cannot be as %s, other rows stand in the way: %s', CASE WHEN missed = 1 THEN '1 row' ELSE missed || ' rows' END, tab.target,
        CASE WHEN missed = 1 THEN 'it was' ELSE 'they were' END, pg_temp.etl_undo_some(tab)));
    PERFORM pg_temp.etl_undo_close(false);
  END IF;
  IF done + missed < (SELECT count(*) FROM pg_temp.etl_undo_work) THEN
    RAISE EXCEPTION USING ERRCODE = 'ETL01', MESSAGE = format('a trigger of %s kept rows from being restored', tab.target),
      HINT = 'Nothing was undone. Disable the trigger for the time of the rollback.';
  END IF;
END $etl$;

-- The keys of a few rows of etl_undo_work that were not done.
CREATE OR REPLACE FUNCTION pg_temp.etl_undo_some(tab pg_temp.etl_undo_tables) RETURNS text LANGUAGE plpgsql AS $etl$
DECLARE
  keys text[];
BEGIN
  EXECUTE format('SELECT (array_agg(%s))[1:5] FROM pg_temp.etl_undo_work w JOIN pg_temp.etl_undo_rows u ON u.n = w.item
    JOIN %s t ON t.ctid = u.t_ctid AND t.tableoid = u.t_oid WHERE NOT w.is_done', pg_temp.etl_undo_key_text(tab.key), tab.target) INTO keys;
  RETURN array_to_string(keys, ', ');
END $etl$;

-- Puts back what `replace` removed: rows of the copy that `wanted` names, noted for an earlier run by `note`.
CREATE OR REPLACE FUNCTION pg_temp.etl_undo_put_back_some(tab pg_temp.etl_undo_tables, wanted text, note text) RETURNS void LANGUAGE plpgsql AS $etl$
DECLARE
  names text;
  alias constant text := quote_ident((SELECT relname FROM pg_catalog.pg_class WHERE oid = tab.rel));
  filter constant text := (SELECT CASE WHEN only_where = '' THEN '' ELSE ' AND (' || only_where || ')' END FROM pg_temp.etl_undo_run);
  done bigint;
  missed bigint;
  keys text[];
BEGIN
  DELETE FROM pg_temp.etl_undo_work;
  EXECUTE format('INSERT INTO pg_temp.etl_undo_work (n, c_ctid) SELECT row_number() OVER (), %s.ctid FROM %s AS %s WHERE (%s)%s', alias, tab.replaced, alias, format(wanted, alias), filter);
  ANALYZE pg_temp.etl_undo_work;
  SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) INTO names FROM pg_catalog.pg_attribute a
  JOIN pg_catalog.pg_attribute c ON c.attrelid = tab.replaced::regclass AND c.attname = a.attname AND c.attnum > 0
  WHERE a.attrelid = tab.rel AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '';
  done := pg_temp.etl_undo_try_all(format('INSERT INTO %s (%s) OVERRIDING SYSTEM VALUE SELECT %s FROM %s t WHERE t.ctid IN
    (SELECT w.c_ctid FROM pg_temp.etl_undo_work w WHERE w.n BETWEEN $1 AND $2 AND NOT w.is_done)', tab.target, names, names, tab.replaced), note);
  SELECT count(*) INTO missed FROM pg_temp.etl_undo_work WHERE NOT is_done;
  UPDATE pg_temp.etl_undo_tables t SET put_back = t.put_back + done, left_be = t.left_be + missed WHERE t.position = tab.position;
  IF missed > 0 THEN
    EXECUTE format('SELECT (array_agg(%s))[1:5] FROM %s t JOIN pg_temp.etl_undo_work w ON w.c_ctid = t.ctid WHERE NOT w.is_done',
      pg_temp.etl_undo_key_text(pg_temp.etl_undo_primary_key(tab.rel)), tab.replaced) INTO keys;
    PERFORM pg_temp.etl_undo_stop('collides', true, tab.target, missed,
      format('%s that the run replaced in %s cannot be put back, other rows stand in the way: %s; %s kept in %s', CASE WHEN missed = 1 THEN '1 row' ELSE missed || ' rows' END,
        tab.target, array_to_string(keys, ', '), CASE WHEN missed = 1 THEN 'it is' ELSE 'they are' END, tab.replaced));
  END IF;
  EXECUTE format('DELETE FROM %s c USING pg_temp.etl_undo_work w WHERE w.c_ctid = c.ctid AND w.is_done', tab.replaced);
END $etl$;

-- Rows of a table without a key are known by xmin, so those of one earlier run are put back in one subtransaction of theirs.
CREATE OR REPLACE FUNCTION pg_temp.etl_undo_put_back(tab pg_temp.etl_undo_tables) RETURNS void LANGUAGE plpgsql AS $etl$
DECLARE
  earlier etl.tables;
  note text := 'SELECT';
  is_left boolean;
BEGIN
  IF to_regclass(tab.replaced) IS NULL THEN RETURN; END IF;
  FOR earlier IN SELECT e.* FROM pg_temp.etl_undo_earlier(tab.target) e JOIN pg_catalog.pg_attribute a ON a.attrelid = tab.replaced::regclass AND a.attname = 'etl_was' LOOP
    IF cardinality(earlier.key) > 0 THEN
      note := note || format('%s pg_temp.etl_undo_note(e, %L) FROM etl.tables e WHERE e.run = %L AND e.position = %s', CASE WHEN note = 'SELECT' THEN '' ELSE ' UNION ALL SELECT' END,
        format('(SELECT t.*, t.ctid AS place FROM %s t JOIN pg_temp.etl_undo_work w ON w.c_ctid = t.ctid WHERE NOT w.is_done AND t.etl_was IN (SELECT pg_temp.etl_undo_xmins(%L, %s))
          AND w.n BETWEEN current_setting(''etl.undo_lo'')::bigint AND current_setting(''etl.undo_hi'')::bigint) t', tab.replaced, earlier.run, earlier.position), earlier.run, earlier.position);
    ELSE
      PERFORM pg_temp.etl_undo_put_back_some(tab, format('%%s.etl_was IN (SELECT pg_temp.etl_undo_xmins(%L, %s))', earlier.run, earlier.position),
        format('SELECT pg_temp.etl_undo_note(e, %L) FROM etl.tables e WHERE e.run = %L AND e.position = %s',
          '(SELECT FROM pg_temp.etl_undo_work w WHERE NOT w.is_done AND w.n BETWEEN current_setting(''etl.undo_lo'')::bigint AND current_setting(''etl.undo_hi'')::bigint) t', earlier.run, earlier.position));
    END IF;
  END LOOP;
  PERFORM pg_temp.etl_undo_put_back_some(tab, 'true', note);
  EXECUTE format('SELECT EXISTS (SELECT FROM %s)', tab.replaced) INTO is_left;
  IF is_left THEN RETURN; END IF;
  EXECUTE format('DROP TABLE %s', tab.replaced);
  UPDATE etl.tables t SET replaced = NULL FROM pg_temp.etl_undo_run r WHERE t.run = r.run AND t.position = tab.position;
END $etl$;
)sql";
}

}  // namespace etl::undo
