#include "engine/undo/postgres_text.h"

namespace etl::undo {

std::string_view postgres_undo() {
  return R"sql(
-- Keys that lead against the order in which rows go (to the table itself, to one that was loaded later) are loosened first.
CREATE OR REPLACE FUNCTION pg_temp.etl_undo_unlink() RETURNS void LANGUAGE plpgsql AS $etl$
DECLARE
  fk record;
BEGIN
  FOR fk IN SELECT x.conrelid, min(c.target) AS target, string_agg(DISTINCT format('%I = NULL', a.attname), ', ') AS loosened,
      string_agg(DISTINCT format('t.%I IS NOT NULL', a.attname), ' OR ') AS is_tied
    FROM pg_catalog.pg_constraint x JOIN pg_temp.etl_undo_tables c ON c.rel = x.conrelid JOIN pg_temp.etl_undo_tables p ON p.rel = x.confrelid
    JOIN pg_catalog.pg_attribute a ON a.attrelid = x.conrelid AND a.attnum = ANY (x.conkey) AND NOT a.attnotnull AND a.attgenerated = ''
    WHERE x.contype = 'f' AND (p.position > c.position OR (p.rel = c.rel AND x.confdeltype = 'r')) GROUP BY x.conrelid
  LOOP
    BEGIN
      EXECUTE format('WITH up AS (UPDATE %s t SET %s FROM pg_temp.etl_undo_rows u WHERE u.rel = %L::regclass AND u.kind = ''i'' AND u.same AND NOT u.keep
          AND t.ctid = u.t_ctid AND t.tableoid = u.t_oid AND (%s) RETURNING u.n, t.tableoid AS o, t.ctid AS c)
        UPDATE pg_temp.etl_undo_rows u SET t_oid = up.o, t_ctid = up.c FROM up WHERE up.n = u.n', fk.target, fk.loosened, fk.conrelid, fk.is_tied);
    EXCEPTION WHEN integrity_constraint_violation OR raise_exception THEN NULL;  -- Then deleting says whether it mattered.
    END;
  END LOOP;
END $etl$;

-- Each deleted row makes the server look for rows that refer to it: without an index that is a scan for each. So there
-- is one for the time of the rollback.
CREATE OR REPLACE FUNCTION pg_temp.etl_undo_index(rel regclass) RETURNS void LANGUAGE plpgsql AS $etl$
DECLARE
  fk record;
  name text;
BEGIN
  FOR fk IN SELECT x.oid, x.conrelid::regclass AS child, n.nspname,
      (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY k.i) FROM unnest(x.conkey) WITH ORDINALITY AS k(f, i), pg_catalog.pg_attribute a
       WHERE a.attrelid = x.conrelid AND a.attnum = k.f) AS names
    FROM pg_catalog.pg_constraint x JOIN pg_catalog.pg_class c ON c.oid = x.conrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE x.contype = 'f' AND x.confrelid = rel AND x.conparentid = 0 AND pg_catalog.pg_relation_size(x.conrelid) > 1000000
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = x.conrelid AND i.indisvalid AND i.indpred IS NULL
        AND (i.indkey::int2[])[0:cardinality(x.conkey) - 1] @> x.conkey)
  LOOP
    name := 'etl_undo_' || fk.oid;
    BEGIN
      EXECUTE format('CREATE INDEX %I ON %s (%s)', name, fk.child, fk.names);
      INSERT INTO pg_temp.etl_undo_indexes VALUES (format('%I.%I', fk.nspname, name));
    EXCEPTION WHEN insufficient_privilege OR object_in_use OR lock_not_available OR duplicate_table THEN NULL;  -- Slower without.
    END;
  END LOOP;
END $etl$;

-- Rows that the run inserted in the steps lo to hi go.
CREATE OR REPLACE FUNCTION pg_temp.etl_undo_remove(tab pg_temp.etl_undo_tables, lo bigint, hi bigint) RETURNS void LANGUAGE plpgsql AS $etl$
DECLARE
  wanted bigint;
  done bigint;
  still bigint := 0;
  going constant text := format('u.rel = %L::regclass AND u.position = %s AND u.kind = ''i'' AND u.same AND NOT u.keep AND u.step BETWEEN %s AND %s
    AND t.ctid = u.t_ctid AND t.tableoid = u.t_oid', tab.rel, tab.position, lo, hi);
BEGIN
  SELECT count(*) INTO wanted FROM pg_temp.etl_undo_rows u
  WHERE u.rel = tab.rel AND u.position = tab.position AND u.kind = 'i' AND u.same AND NOT u.keep AND u.step BETWEEN lo AND hi;
  IF wanted = 0 THEN RETURN; END IF;
  IF wanted > 1000 THEN PERFORM pg_temp.etl_undo_index(tab.rel); END IF;
  EXECUTE format('DELETE FROM %s t USING pg_temp.etl_undo_rows u WHERE %s', tab.target, going);
  GET DIAGNOSTICS done = ROW_COUNT;
  IF done < wanted THEN  -- Some may have gone with the rows that they referred to, in the same statement.
    EXECUTE format('SELECT count(*) FROM %s t, pg_temp.etl_undo_rows u WHERE %s', tab.target, going) INTO still;
  END IF;
  IF still > 0 THEN
    RAISE EXCEPTION USING ERRCODE = 'ETL01', MESSAGE = format('a trigger of %s kept %s rows from being removed', tab.target, still),
      HINT = 'Nothing was undone. Disable the trigger for the time of the rollback.';
  END IF;
  UPDATE pg_temp.etl_undo_tables t SET removed = t.removed + wanted WHERE t.position = tab.position;
END $etl$;

-- What the run did to rows, backwards: neighbouring steps of one kind and table at once.
CREATE OR REPLACE FUNCTION pg_temp.etl_undo_steps() RETURNS void LANGUAGE plpgsql AS $etl$
DECLARE
  piece record;
  tab pg_temp.etl_undo_tables;
BEGIN
  FOR piece IN
    SELECT position, kind, min(step) AS lo, max(step) AS hi FROM (
      SELECT s.*, row_number() OVER (ORDER BY step, kind, position) - row_number() OVER (PARTITION BY position, kind ORDER BY step) AS island FROM (
        SELECT DISTINCT position, 'i'::"char" AS kind, step FROM pg_temp.etl_undo_rows WHERE kind = 'i'
        UNION SELECT DISTINCT position, 'u'::"char", step FROM pg_temp.etl_undo_images) s) x
    GROUP BY position, kind, island ORDER BY max(step) DESC, kind DESC
  LOOP
    SELECT * INTO tab FROM pg_temp.etl_undo_tables t WHERE t.position = piece.position;
    IF piece.kind = 'u' THEN PERFORM pg_temp.etl_undo_restore(tab, piece.lo, piece.hi);
    ELSE PERFORM pg_temp.etl_undo_remove(tab, piece.lo, piece.hi);
    END IF;
  END LOOP;
END $etl$;

-- A sequence goes back only if it stands where the run left it. RESTART gives it a new file, so that setval belongs to
-- the transaction as well.
CREATE OR REPLACE FUNCTION pg_temp.etl_undo_sequence(o etl.objects) RETURNS void LANGUAGE plpgsql AS $etl$
DECLARE
  is_there boolean;
  is_ours boolean;
  cycles boolean;
BEGIN
  IF to_regclass(o.name) IS NULL OR o.before_value IS NULL THEN RETURN; END IF;
  SELECT pg_has_role(c.relowner, 'USAGE'), q.seqcycle INTO is_ours, cycles
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_sequence q ON q.seqrelid = c.oid WHERE c.oid = to_regclass(o.name);
  IF is_ours THEN  -- Changes nothing, but nobody takes a value from now on.
    EXECUTE format('ALTER SEQUENCE %s %s', o.name, CASE WHEN cycles THEN 'CYCLE' ELSE 'NO CYCLE' END);
  END IF;
  EXECUTE format('SELECT last_value = %s AND is_called = %L FROM %s', o.after_value, o.after_called, o.name) INTO is_there;
  IF NOT is_there THEN RETURN; END IF;
  IF is_ours THEN EXECUTE format('ALTER SEQUENCE %s RESTART', o.name); END IF;
  IF is_ours OR current_setting('etl.undo_dry', true) IS DISTINCT FROM 'on' THEN
    PERFORM setval(to_regclass(o.name), o.before_value, o.before_called);
  END IF;
END $etl$;

CREATE OR REPLACE FUNCTION pg_temp.etl_undo_object(o etl.objects) RETURNS void LANGUAGE plpgsql AS $etl$
DECLARE
  is_used boolean;
  made text;
BEGIN
  IF o.kind = 'table' THEN
    IF to_regclass(o.name) IS NULL THEN RETURN; END IF;
    EXECUTE format('SELECT EXISTS (SELECT FROM %s)', o.name) INTO is_used;
    IF is_used THEN RETURN; END IF;  -- Its rows are listed.
    -- Would go with the table without a word. Indexes of constraints are no objects of their own.
    SELECT string_agg(i.indexrelid::regclass::text, ', ') INTO made FROM pg_catalog.pg_index i
    WHERE i.indrelid = to_regclass(o.name) AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.conindid = i.indexrelid)
      AND NOT EXISTS (SELECT FROM etl.objects x WHERE x.run = o.run AND x.kind = 'index' AND to_regclass(x.name) = i.indexrelid);
    IF made IS NOT NULL THEN
      PERFORM pg_temp.etl_undo_stop('needed', true, o.name, 0, format('table %s, which the run made, has an index that was made since: %s', o.name, made));
      RETURN;
    END IF;
  ELSIF o.kind = 'index' AND EXISTS (SELECT FROM pg_catalog.pg_index i JOIN pg_temp.etl_undo_tables t ON t.rel = i.indrelid AND t.created
      WHERE i.indexrelid = to_regclass(o.name)) THEN
    RETURN;  -- Goes, or stays, with its table.
  END IF;
  EXECUTE format('DROP %s IF EXISTS %s', upper(o.kind), o.name);
EXCEPTION WHEN dependent_objects_still_exist THEN
  PERFORM pg_temp.etl_undo_stop('needed', true, o.name, 0, format('%s %s, which the run made, is needed by something that was made since', o.kind, o.name));
END $etl$;

CREATE OR REPLACE FUNCTION pg_temp.etl_undo_objects() RETURNS void LANGUAGE plpgsql AS $etl$
DECLARE
  o etl.objects;
BEGIN
  FOR o IN SELECT x.* FROM pg_temp.etl_undo_run r JOIN etl.objects x ON x.run = r.run ORDER BY x.ordinal DESC LOOP
    IF o.kind = 'sequence_state' THEN PERFORM pg_temp.etl_undo_sequence(o); ELSE PERFORM pg_temp.etl_undo_object(o); END IF;
  END LOOP;
END $etl$;

-- What the ledger says afterwards: the run is history; its journal is gone, so is what its rows would answer.
CREATE OR REPLACE FUNCTION pg_temp.etl_undo_mark(undone_by text) RETURNS void LANGUAGE plpgsql AS $etl$
DECLARE
  r pg_temp.etl_undo_run;
BEGIN
  SELECT * INTO r FROM pg_temp.etl_undo_run;
  DELETE FROM etl.images m USING pg_temp.etl_undo_images i WHERE m.run = r.run AND m.position = i.position AND m.step = i.step AND m.ordinal = i.ordinal;
  INSERT INTO etl.journal (run, position, step, part, action, rows)
    SELECT r.run, t.position, 1 + (SELECT max(step) FROM etl.journal j WHERE j.run = r.run), 0, 'd', t.removed
    FROM pg_temp.etl_undo_tables t WHERE r.only_where <> '' AND cardinality(t.key) = 0 AND t.removed > 0;
  IF r.only_where <> '' THEN RETURN; END IF;
  DELETE FROM etl.journal j USING pg_temp.etl_undo_tables t WHERE j.run = r.run AND j.position = t.position;
  DELETE FROM etl.images m USING pg_temp.etl_undo_tables t WHERE m.run = r.run AND m.position = t.position;
  DELETE FROM etl.id_map i USING pg_temp.etl_undo_tables t WHERE i.run = r.run AND i.name = t.name;
  UPDATE etl.tables x SET state = 'undone' FROM pg_temp.etl_undo_tables t WHERE x.run = r.run AND x.position = t.position;
  IF r.only_table <> '' THEN RETURN; END IF;
  DELETE FROM etl.id_map i WHERE i.run = r.run;
  DELETE FROM etl.objects o WHERE o.run = r.run;
  DELETE FROM etl.checkpoints c WHERE c.run = r.run;
  DELETE FROM etl.cursors c WHERE c.run = r.run;
  UPDATE etl.runs x SET state = 'undone', undone_by = etl_undo_mark.undone_by, undone_at = clock_timestamp() WHERE x.run = r.run;
END $etl$;

-- The second half. Whatever it finds in its way is added to etl_undo_stops.
CREATE OR REPLACE FUNCTION pg_temp.etl_undo_undo(undone_by text) RETURNS void LANGUAGE plpgsql AS $etl$
DECLARE
  tab pg_temp.etl_undo_tables;
  name text;
BEGIN
  SET CONSTRAINTS ALL DEFERRED;
  PERFORM pg_temp.etl_undo_unlink();
  PERFORM pg_temp.etl_undo_steps();
  FOR tab IN SELECT * FROM pg_temp.etl_undo_tables t WHERE t.is_found AND t.replaced IS NOT NULL ORDER BY t.position LOOP
    PERFORM pg_temp.etl_undo_put_back(tab);
  END LOOP;
  SET CONSTRAINTS ALL IMMEDIATE;
  FOR name IN SELECT i.name FROM pg_temp.etl_undo_indexes i LOOP EXECUTE 'DROP INDEX ' || name; END LOOP;
  IF (SELECT only_table = '' FROM pg_temp.etl_undo_run) THEN PERFORM pg_temp.etl_undo_objects(); END IF;
  UPDATE pg_temp.etl_undo_tables t SET left_be = t.left_be
    + (SELECT count(*) FROM pg_temp.etl_undo_rows u WHERE u.rel = t.rel AND u.position = t.position AND (u.keep OR NOT u.same));
  PERFORM pg_temp.etl_undo_mark(undone_by);
END $etl$;
)sql";
}

}  // namespace etl::undo
