#include "engine/undo/postgres_text.h"

namespace etl::undo {

// What the rollback of one run knows: temporary tables that live as long as its transaction.
//
// etl_undo_rows has one row for each row of the database that the run wrote and that is still there: `kind` i for
// inserted, u for updated; `step` of its insertion; `same`: nobody wrote it after the run (t.xmin is the xmin of an
// entry of the run: a row has the xmin of its last write, so any entry that has it is the last); `keep`: needed by a
// row that stays.
std::string_view postgres_tables() {
  return R"sql(
CREATE TEMP TABLE etl_undo_run ON COMMIT DROP AS
  SELECT r.*, false AS by_key, false AS force, ''::text AS only_table, ''::text AS only_where
  FROM etl.runs r WHERE false;
CREATE TEMP TABLE etl_undo_tables (
  position int, name text, target text, rel regclass, columns text[], key text[], key_kinds text[], created boolean,
  replaced text, is_found boolean, removed bigint DEFAULT 0, restored bigint DEFAULT 0, put_back bigint DEFAULT 0,
  left_be bigint DEFAULT 0, gone bigint DEFAULT 0) ON COMMIT DROP;
CREATE TEMP TABLE etl_undo_rows (
  n bigint GENERATED ALWAYS AS IDENTITY, rel regclass, t_oid oid, t_ctid tid, position int, kind "char", step bigint,
  same boolean, keep boolean NOT NULL DEFAULT false) ON COMMIT DROP;
CREATE TEMP TABLE etl_undo_images (
  n bigint, position int, step bigint, ordinal int) ON COMMIT DROP;
CREATE TEMP TABLE etl_undo_stops (
  ordinal int GENERATED ALWAYS AS IDENTITY, kind text, force_passes boolean, target text, rows bigint,
  what text) ON COMMIT DROP;
CREATE TEMP TABLE etl_undo_work (
  n bigint PRIMARY KEY, item bigint, step bigint, ordinal int, c_ctid tid, is_done boolean DEFAULT false) ON COMMIT DROP;
CREATE TEMP TABLE etl_undo_stamps (t_oid oid, t_ctid tid, was xid) ON COMMIT DROP;
CREATE TEMP TABLE etl_undo_indexes (name text) ON COMMIT DROP;
)sql";
}

// Functions of the first half: what the run wrote, what stands in the way. Nothing changes here but locks.
std::string_view postgres_look() {
  return R"sql(
-- "(id)=(5)" of a row `t`, as an expression.
CREATE OR REPLACE FUNCTION pg_temp.etl_undo_key_text(key text[]) RETURNS text LANGUAGE sql AS $etl$
  SELECT CASE WHEN cardinality(key) = 0 THEN 't.ctid::text'
    ELSE format('format(%L, %s)',
      '(' || array_to_string(key, ', ') || ')=(' || array_to_string(array_fill('%s'::text, ARRAY[cardinality(key)]), ', ') || ')',
      (SELECT string_agg(format('t.%I', k), ', ' ORDER BY i) FROM unnest(key) WITH ORDINALITY AS u(k, i))) END
$etl$;

CREATE OR REPLACE FUNCTION pg_temp.etl_undo_primary_key(rel regclass) RETURNS text[] LANGUAGE sql AS $etl$
  SELECT coalesce((SELECT array_agg(a.attname::text ORDER BY k.i)
    FROM pg_catalog.pg_index x, unnest(x.indkey::int2[]) WITH ORDINALITY AS k(attnum, i), pg_catalog.pg_attribute a
    WHERE x.indrelid = rel AND x.indisprimary AND a.attrelid = rel AND a.attnum = k.attnum), '{}')
$etl$;

CREATE OR REPLACE FUNCTION pg_temp.etl_undo_type(rel regclass, col text) RETURNS text LANGUAGE sql AS $etl$
  SELECT pg_catalog.format_type(a.atttypid, a.atttypmod) FROM pg_catalog.pg_attribute a
  WHERE a.attrelid = rel AND a.attname = col AND NOT a.attisdropped
$etl$;

CREATE OR REPLACE FUNCTION pg_temp.etl_undo_stop(kind text, force_passes boolean, target text, rows bigint, what text)
RETURNS void LANGUAGE sql AS $etl$
  INSERT INTO pg_temp.etl_undo_stops (kind, force_passes, target, rows, what) VALUES (kind, force_passes, target, rows, what)
$etl$;

-- The rows of one entry of the journal, or of the images, as a query: o, c (where the row is), position, step, kind, same.
CREATE OR REPLACE FUNCTION pg_temp.etl_undo_entries(run uuid, tab pg_temp.etl_undo_tables, by_key boolean) RETURNS text
LANGUAGE plpgsql AS $etl$
DECLARE
  head constant text := format('SELECT t.tableoid AS o, t.ctid AS c, %s AS position, ', tab.position);
  joins text := '';
  arrays text := '';
  names text := '';
  on_journal text := '';
  on_image text := '';
BEGIN
  IF cardinality(tab.key) = 0 THEN
    IF by_key THEN RETURN NULL; END IF;
    RETURN head || format('j.step, ''i''::"char" AS kind, true AS same FROM etl.journal j JOIN %s t ON t.xmin = j.xmin
      WHERE j.run = %L AND j.position = %s AND j.action IN (''i'', ''r'')', tab.target, run, tab.position);
  END IF;
  FOR i IN 1 .. cardinality(tab.key) LOOP
    IF i > 1 THEN
      joins := joins || format(' JOIN etl.journal j%1$s ON (j%1$s.run, j%1$s.position, j%1$s.step, j%1$s.action, j%1$s.part) = (j.run, j.position, j.step, j.action, %2$s)', i, i - 1);
    END IF;
    arrays := arrays || CASE WHEN i > 1 THEN ', ' ELSE '' END || format('j%s.%I', CASE WHEN i > 1 THEN i::text ELSE '' END, tab.key_kinds[i]);
    names := names || CASE WHEN i > 1 THEN ', ' ELSE '' END || 'k' || i;
    on_journal := on_journal || CASE WHEN i > 1 THEN ' AND ' ELSE '' END || format('t.%I = k.k%s::%s', tab.key[i], i, pg_temp.etl_undo_type(tab.rel, tab.key[i]));
    on_image := on_image || CASE WHEN i > 1 THEN ' AND ' ELSE '' END || format('t.%I = m.image[%s]::%s', tab.key[i], array_position(tab.columns, tab.key[i]), pg_temp.etl_undo_type(tab.rel, tab.key[i]));
  END LOOP;
  RETURN format('(WITH k AS MATERIALIZED (SELECT j.xmin AS x, j.step, j.action, k.* FROM etl.journal j%s CROSS JOIN LATERAL unnest(%s) AS k(%s)
        WHERE j.run = %L AND j.position = %s AND j.part = 0 AND j.action IN (''i'', ''r''))
      %sk.step, k.action AS kind, %s AS same FROM k JOIN %s t ON %s)', joins, arrays, names, run, tab.position,
      head, CASE WHEN by_key THEN 'true' ELSE 't.xmin = k.x' END, tab.target, on_journal)
    || ' UNION ALL ' || head || format('m.step, m.action AS kind, %s AS same FROM etl.images m JOIN %s t ON %s WHERE m.run = %L AND m.position = %s',
      CASE WHEN by_key THEN 'true' ELSE 't.xmin = m.xmin' END, tab.target, on_image, run, tab.position);
END $etl$;

-- Fills etl_undo_rows for one table of the database, which several tables of the mapping may have written.
CREATE OR REPLACE FUNCTION pg_temp.etl_undo_gather(rel regclass) RETURNS void LANGUAGE plpgsql AS $etl$
DECLARE
  run pg_temp.etl_undo_run;
  entries text;
  filter text := '';
  target text;
BEGIN
  SELECT * INTO run FROM pg_temp.etl_undo_run;
  SELECT string_agg(e, ' UNION ALL '), min(t.target) INTO entries, target
  FROM pg_temp.etl_undo_tables t, LATERAL pg_temp.etl_undo_entries(run.run, t, run.by_key) e WHERE t.rel = $1;
  IF entries IS NULL THEN RETURN; END IF;
  IF run.only_where <> '' THEN
    filter := format(' WHERE (e.o, e.c) IN (SELECT tableoid, ctid FROM %s WHERE (%s))', target, run.only_where);
  END IF;
  -- The planner takes an array for ten keys: where most of a table goes, reading all of it is faster.
  PERFORM set_config('enable_nestloop', 'off', true) FROM pg_catalog.pg_class c WHERE c.oid = rel
    AND CASE WHEN c.reltuples < 0 THEN pg_catalog.pg_relation_size(c.oid) / 200 ELSE c.reltuples END < 20 * (SELECT sum(j.rows) FROM etl.journal j JOIN pg_temp.etl_undo_tables t ON t.position = j.position WHERE j.run = run.run AND t.rel = $1 AND j.part = 0);
  EXECUTE format('INSERT INTO pg_temp.etl_undo_rows (rel, t_oid, t_ctid, position, kind, step, same)
    SELECT %L::regclass, e.o, e.c, coalesce(min(e.position) FILTER (WHERE e.kind = ''i''), min(e.position)),
      CASE WHEN bool_or(e.kind = ''i'') THEN ''i'' ELSE ''u'' END::"char",
      coalesce(min(e.step) FILTER (WHERE e.kind = ''i''), min(e.step)), bool_or(e.same)
    FROM (%s) e%s GROUP BY e.o, e.c', rel, entries, filter);
  PERFORM set_config('enable_nestloop', 'on', true);
END $etl$;

-- Which image belongs to which row, for rows that are undone.
CREATE OR REPLACE FUNCTION pg_temp.etl_undo_gather_images(tab pg_temp.etl_undo_tables) RETURNS void LANGUAGE plpgsql AS $etl$
DECLARE
  on_image text;
BEGIN
  SELECT string_agg(format('t.%I = m.image[%s]::%s', k, array_position(tab.columns, k), pg_temp.etl_undo_type(tab.rel, k)), ' AND ')
  INTO on_image FROM unnest(tab.key) k;
  IF on_image IS NULL THEN RETURN; END IF;
  EXECUTE format('INSERT INTO pg_temp.etl_undo_images (n, position, step, ordinal)
    SELECT u.n, m.position, m.step, m.ordinal FROM pg_temp.etl_undo_run r
    JOIN etl.images m ON m.run = r.run AND m.position = %s JOIN %s t ON %s
    JOIN pg_temp.etl_undo_rows u ON u.rel = %L::regclass AND u.t_ctid = t.ctid AND u.t_oid = t.tableoid AND u.same',
    tab.position, tab.target, on_image, tab.rel);
END $etl$;

-- Lists the rows of a table that were written again after the run, and by which later run.
CREATE OR REPLACE FUNCTION pg_temp.etl_undo_list_changed(tab pg_temp.etl_undo_tables) RETURNS void LANGUAGE plpgsql AS $etl$
DECLARE
  found record;
BEGIN
  IF NOT EXISTS (SELECT FROM pg_temp.etl_undo_rows u WHERE u.rel = tab.rel AND NOT u.same) THEN RETURN; END IF;
  FOR found IN EXECUTE format('
    WITH later AS (
      SELECT DISTINCT ON (x) x, r.number, r.run, r.mapping FROM pg_temp.etl_undo_run me JOIN etl.runs r ON r.number > me.number AND r.state <> ''undone''
      JOIN etl.tables t ON t.run = r.run AND t.target = %1$L
      JOIN LATERAL (SELECT m.xmin AS x FROM etl.images m WHERE m.run = t.run AND m.position = t.position
        UNION ALL SELECT j.xmin FROM etl.journal j WHERE j.run = t.run AND j.position = t.position AND j.action IN (''i'', ''r'')) e ON true)
    SELECT l.number, l.run, l.mapping, count(*) AS rows, (array_agg(%2$s ORDER BY t.ctid))[1:5] AS keys
    FROM pg_temp.etl_undo_rows u JOIN %3$s t ON t.ctid = u.t_ctid AND t.tableoid = u.t_oid LEFT JOIN later l ON l.x = t.xmin
    WHERE u.rel = %4$L::regclass AND NOT u.same GROUP BY l.number, l.run, l.mapping ORDER BY l.number NULLS LAST',
    tab.target, pg_temp.etl_undo_key_text(tab.key), tab.target, tab.rel)
  LOOP
    PERFORM pg_temp.etl_undo_stop(CASE WHEN found.run IS NULL THEN 'changed' ELSE 'later run' END, true, tab.target, found.rows,
      format('%s of %s %s: %s%s', CASE WHEN found.rows = 1 THEN '1 row' ELSE found.rows || ' rows' END, tab.target,
        CASE WHEN found.run IS NULL THEN CASE WHEN found.rows = 1 THEN 'was changed since' ELSE 'were changed since' END
          ELSE format('%s written again by run %s of %s (undo that run first)', CASE WHEN found.rows = 1 THEN 'was' ELSE 'were' END, found.run, found.mapping) END,
        array_to_string(found.keys, ', '), CASE WHEN found.rows > 5 THEN ', ...' ELSE '' END));
  END LOOP;
END $etl$;

-- Rows of a table without a key are known by xmin alone: what is missing was changed or removed, nobody can tell which.
CREATE OR REPLACE FUNCTION pg_temp.etl_undo_count(tab pg_temp.etl_undo_tables) RETURNS void LANGUAGE plpgsql AS $etl$
DECLARE
  written bigint;
  found bigint;
BEGIN
  SELECT coalesce(sum(CASE j.action WHEN 'i' THEN j.rows WHEN 'd' THEN -j.rows END), 0) INTO written
  FROM pg_temp.etl_undo_run r JOIN etl.journal j ON j.run = r.run AND j.position = tab.position AND j.part = 0 AND j.action IN ('i', 'd');
  SELECT count(*) INTO found FROM pg_temp.etl_undo_rows u WHERE u.rel = tab.rel AND u.position = tab.position AND u.kind = 'i';
  IF (SELECT only_where <> '' FROM pg_temp.etl_undo_run) OR written <= found THEN RETURN; END IF;
  UPDATE pg_temp.etl_undo_tables t SET gone = written - found WHERE t.position = tab.position;
  IF cardinality(tab.key) > 0 THEN RETURN; END IF;
  PERFORM pg_temp.etl_undo_stop('changed', true, tab.target, written - found,
    format('%s of %s changed or removed since (the table has no key: which ones cannot be told)',
      CASE WHEN written - found = 1 THEN '1 row' ELSE (written - found) || ' rows' END
      , tab.target || CASE WHEN written - found = 1 THEN ' was' ELSE ' were' END));
END $etl$;
)sql";
}

std::string_view postgres_close() {
  return R"sql(
-- "t.id = c.parent_id ..." of a foreign key from `c` to `t`, with the constraint's own operators.
CREATE OR REPLACE FUNCTION pg_temp.etl_undo_join(con oid) RETURNS text LANGUAGE sql AS $etl$
  SELECT string_agg(format('t.%I OPERATOR(%I.%s) c.%I', p.attname, s.nspname, o.oprname, f.attname), ' AND ' ORDER BY k.i)
  FROM pg_catalog.pg_constraint x, unnest(x.conkey, x.confkey, x.conpfeqop) WITH ORDINALITY AS k(f, p, op, i),
    pg_catalog.pg_attribute f, pg_catalog.pg_attribute p, pg_catalog.pg_operator o, pg_catalog.pg_namespace s
  WHERE x.oid = con AND f.attrelid = x.conrelid AND f.attnum = k.f AND p.attrelid = x.confrelid AND p.attnum = k.p
    AND o.oid = k.op AND s.oid = o.oprnamespace
$etl$;

-- Marks rows that a row which stays refers to, until nothing changes any more. The first call lists who refers.
CREATE OR REPLACE FUNCTION pg_temp.etl_undo_close(list boolean) RETURNS void LANGUAGE plpgsql AS $etl$
DECLARE
  fk record;
  found record;
  marked bigint;
  any_marked boolean := true;
  stays constant text := 'NOT EXISTS (SELECT FROM pg_temp.etl_undo_rows w WHERE w.t_ctid = c.ctid AND w.t_oid = c.tableoid AND w.same AND NOT w.keep)';
BEGIN
  WHILE any_marked LOOP
    any_marked := false;
    FOR fk IN SELECT x.oid, x.conname, x.conrelid::regclass AS child, x.confrelid::regclass AS parent, pg_temp.etl_undo_join(x.oid) AS on_key,
        (SELECT min(t.target) FROM pg_temp.etl_undo_tables t WHERE t.rel = x.confrelid) AS target
      FROM pg_catalog.pg_constraint x
      WHERE x.contype = 'f' AND x.conparentid = 0 AND EXISTS (SELECT FROM pg_temp.etl_undo_tables t WHERE t.rel = x.confrelid)
        AND EXISTS (SELECT FROM pg_temp.etl_undo_rows u WHERE u.rel = x.confrelid AND u.kind = 'i' AND u.same AND NOT u.keep)
      ORDER BY x.conrelid::regclass::text, x.conname
    LOOP
      IF list THEN
        EXECUTE format('SELECT count(*) AS rows, (array_agg(DISTINCT %s))[1:5] AS keys FROM (SELECT DISTINCT ON (c.tableoid, c.ctid) c.* , c.ctid
          FROM %s c JOIN %s t ON %s JOIN pg_temp.etl_undo_rows u ON u.t_ctid = t.ctid AND u.t_oid = t.tableoid
          WHERE u.kind = ''i'' AND u.same AND NOT EXISTS (SELECT FROM pg_temp.etl_undo_rows w WHERE w.t_ctid = c.ctid AND w.t_oid = c.tableoid)) t',
          pg_temp.etl_undo_key_text(pg_temp.etl_undo_primary_key(fk.child)), fk.child, fk.parent, fk.on_key) INTO found;
        IF found.rows > 0 THEN
          PERFORM pg_temp.etl_undo_stop('referenced', true, fk.child::text, found.rows,
            format('%s of %s %s to rows of %s that would go (%s): %s%s', CASE WHEN found.rows = 1 THEN '1 row' ELSE found.rows || ' rows' END,
              fk.child, CASE WHEN found.rows = 1 THEN 'refers' ELSE 'refer' END, fk.target, fk.conname, array_to_string(found.keys, ', '),
              CASE WHEN found.rows > 5 THEN ', ...' ELSE '' END));
        END IF;
      END IF;
      EXECUTE format('UPDATE pg_temp.etl_undo_rows u SET keep = true FROM %s t JOIN %s c ON %s
        WHERE u.t_ctid = t.ctid AND u.t_oid = t.tableoid AND u.kind = ''i'' AND u.same AND NOT u.keep AND %s', fk.parent, fk.child, fk.on_key, stays);
      GET DIAGNOSTICS marked = ROW_COUNT;
      any_marked := any_marked OR marked > 0;
    END LOOP;
    list := false;
  END LOOP;
END $etl$;
)sql";
}

}  // namespace etl::undo
