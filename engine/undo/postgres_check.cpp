#include "engine/undo/postgres_text.h"

namespace etl::undo {

std::string_view postgres_check() {
  return R"sql(
-- Why xmin cannot tell whether rows changed since; NULL when it can (docs/ledger.md).
CREATE OR REPLACE FUNCTION pg_temp.etl_undo_no_evidence(r pg_temp.etl_undo_run) RETURNS text LANGUAGE sql AS $etl$
  SELECT CASE
    WHEN r.system <> (SELECT system_identifier::text FROM pg_catalog.pg_control_system())
      OR r.database <> (SELECT oid::bigint FROM pg_catalog.pg_database WHERE datname = current_database())
      THEN 'this database is a copy of the one that the run wrote'
    WHEN pg_current_xact_id()::text::numeric - r.xid > 2147483648 THEN 'more than 2^31 transactions went by since the run' END
$etl$;

CREATE OR REPLACE FUNCTION pg_temp.etl_undo_check_run() RETURNS void LANGUAGE plpgsql AS $etl$
DECLARE
  r pg_temp.etl_undo_run;
  why text;
BEGIN
  SELECT * INTO r FROM pg_temp.etl_undo_run;
  IF r.state = 'undone' THEN
    PERFORM pg_temp.etl_undo_stop('state', false, '', 0, format('it was undone already, on %s UTC by %s', to_char(r.undone_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS'), r.undone_by));
  ELSIF pg_temp.etl_undo_is_running(r.run) THEN
    PERFORM pg_temp.etl_undo_stop('state', false, '', 0, format('it is in progress (server process %s): wait for its end, or stop it', r.pid));
  END IF;
  IF r.only_table <> '' AND NOT EXISTS (SELECT FROM etl.tables t WHERE t.run = r.run AND t.name = r.only_table) THEN
    PERFORM pg_temp.etl_undo_stop('state', false, '', 0, format('it has no table %s; its tables: %s', r.only_table,
      (SELECT string_agg(t.name, ', ' ORDER BY t.position) FROM etl.tables t WHERE t.run = r.run)));
  END IF;
  IF r.only_table <> '' AND r.state IN ('running', 'failed', 'interrupted') THEN
    PERFORM pg_temp.etl_undo_stop('state', false, '', 0, 'it is not finished: resume it first, or undo all of it');
  END IF;
  PERFORM pg_temp.etl_undo_stop('state', false, t.target, 0, format('the run kept no journal of %s (settings.rollback was false): nothing tells which rows it wrote', t.target))
    FROM etl.tables t WHERE t.run = r.run AND t.inserted > 0 AND t.state <> 'undone' AND r.state <> 'undone' AND (r.only_table = '' OR t.name = r.only_table)
    AND NOT EXISTS (SELECT FROM etl.journal j WHERE j.run = t.run AND j.position = t.position);
  why := pg_temp.etl_undo_no_evidence(r);
  IF why IS NOT NULL THEN
    UPDATE pg_temp.etl_undo_run SET by_key = true;
    PERFORM pg_temp.etl_undo_stop('evidence', true, '', 0, why || ': whether rows were changed since cannot be told (force undoes them by their keys, changed or not)');
  END IF;
END $etl$;

CREATE OR REPLACE FUNCTION pg_temp.etl_undo_check_table(tab pg_temp.etl_undo_tables) RETURNS void LANGUAGE plpgsql AS $etl$
DECLARE
  missing text;
  later record;
BEGIN
  IF tab.rel IS NULL THEN RETURN; END IF;
  SELECT string_agg(c, ', ') INTO missing FROM unnest(tab.key || CASE WHEN EXISTS (SELECT FROM pg_temp.etl_undo_run r JOIN etl.images m ON m.run = r.run AND m.position = tab.position)
    THEN tab.columns ELSE '{}' END) c WHERE pg_temp.etl_undo_type(tab.rel, c) IS NULL;
  IF missing IS NOT NULL THEN
    PERFORM pg_temp.etl_undo_stop('state', false, tab.target, 0, format('%s was altered since: it has no column %s any more', tab.target, missing));
  END IF;
  SELECT r.run, r.mapping INTO later FROM pg_temp.etl_undo_run me JOIN etl.runs r ON r.number > me.number AND r.state <> 'undone'
  JOIN etl.tables t ON t.run = r.run AND t.target = tab.target AND t.replaced IS NOT NULL ORDER BY r.number LIMIT 1;
  IF FOUND THEN
    PERFORM pg_temp.etl_undo_stop('later run', false, tab.target, 0, format('run %s of %s replaced rows of %s later: undo that run first', later.run, later.mapping, tab.target));
  END IF;
  IF tab.replaced IS NOT NULL AND (SELECT only_where <> '' FROM pg_temp.etl_undo_run) THEN
    PERFORM pg_temp.etl_undo_stop('state', false, tab.target, 0, 'the run replaced rows of this table: undo it without --where');
  END IF;
  EXECUTE format('LOCK TABLE %s IN EXCLUSIVE MODE', tab.target);
END $etl$;

CREATE OR REPLACE FUNCTION pg_temp.etl_undo_list_left(tab pg_temp.etl_undo_tables) RETURNS void LANGUAGE plpgsql AS $etl$
DECLARE
  others bigint;
BEGIN
  IF NOT tab.created OR (SELECT only_table <> '' FROM pg_temp.etl_undo_run) THEN RETURN; END IF;
  EXECUTE format('SELECT count(*) FROM %s', tab.target) INTO others;
  others := others - (SELECT count(*) FROM pg_temp.etl_undo_rows u WHERE u.rel = tab.rel);
  IF others > 0 THEN
    PERFORM pg_temp.etl_undo_stop('left', true, tab.target, others,
      format('%s, which the run made, holds %s that it did not write', tab.target, CASE WHEN others = 1 THEN '1 row' ELSE others || ' rows' END));
  END IF;
END $etl$;

-- Takes the mapping's lock: writers of an earlier attempt are through. Nothing is changed.
CREATE OR REPLACE FUNCTION pg_temp.etl_undo_begin(wanted uuid, only_table text, only_where text) RETURNS void LANGUAGE plpgsql AS $etl$
DECLARE
  tab pg_temp.etl_undo_tables;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('etl:' || r.mapping, 0)) FROM etl.runs r WHERE r.run = wanted;
  INSERT INTO pg_temp.etl_undo_run
    SELECT r.*, false, coalesce(current_setting('etl.undo_force', true), '') IN ('1', 'on', 'true', 'yes'), only_table, only_where
    FROM etl.runs r WHERE r.run = wanted FOR UPDATE;
  PERFORM pg_temp.etl_undo_check_run();
  INSERT INTO pg_temp.etl_undo_tables (position, name, target, rel, columns, key, key_kinds, created, replaced, is_found)
    SELECT t.position, t.name, t.target, to_regclass(t.target), t.columns, t.key, t.key_kinds, t.created, t.replaced, to_regclass(t.target) IS NOT NULL
    FROM etl.tables t WHERE t.run = wanted AND (only_table = '' OR t.name = only_table);
  FOR tab IN SELECT * FROM pg_temp.etl_undo_tables t ORDER BY t.target, t.position LOOP
    PERFORM pg_temp.etl_undo_check_table(tab);
  END LOOP;
END $etl$;

-- What the run wrote, and what stands in the way. Nothing is changed.
CREATE OR REPLACE FUNCTION pg_temp.etl_undo_look() RETURNS void LANGUAGE plpgsql AS $etl$
DECLARE
  tab pg_temp.etl_undo_tables;
BEGIN
  PERFORM pg_temp.etl_undo_gather(t.rel) FROM (SELECT DISTINCT rel FROM pg_temp.etl_undo_tables WHERE is_found) t;
  ANALYZE pg_temp.etl_undo_rows;
  PERFORM pg_temp.etl_undo_gather_images(t) FROM pg_temp.etl_undo_tables t WHERE is_found;
  FOR tab IN SELECT * FROM pg_temp.etl_undo_tables t WHERE is_found ORDER BY t.position LOOP
    PERFORM pg_temp.etl_undo_count(tab);
    PERFORM pg_temp.etl_undo_list_left(tab);
  END LOOP;
  PERFORM pg_temp.etl_undo_list_changed(t) FROM (SELECT DISTINCT ON (rel) * FROM pg_temp.etl_undo_tables WHERE is_found ORDER BY rel, position) t;
  PERFORM pg_temp.etl_undo_close(true);
END $etl$;

-- Ends the rollback when something stands in the way that force does not pass.
CREATE OR REPLACE FUNCTION pg_temp.etl_undo_refuse() RETURNS void LANGUAGE plpgsql AS $etl$
DECLARE
  r pg_temp.etl_undo_run;
  list text;
  passes boolean;
BEGIN
  SELECT * INTO r FROM pg_temp.etl_undo_run;
  SELECT string_agg('  ' || what, E'\n' ORDER BY ordinal), bool_and(force_passes) INTO list, passes FROM pg_temp.etl_undo_stops;
  IF list IS NULL OR (passes AND r.force) THEN RETURN; END IF;
  RAISE EXCEPTION USING ERRCODE = 'ETL01', MESSAGE = format(E'run %s of %s is not undone, nothing was changed:\n%s', r.run, r.mapping, list),
    HINT = CASE WHEN passes THEN 'psql -v force=1 (etl rollback --force) undoes the rest, and leaves these rows and what they need as they are.' ELSE '' END;
END $etl$;
)sql";
}

}  // namespace etl::undo
