#include "engine/undo/postgres_text.h"

namespace etl::undo {

// The fence commits by itself before anything else: together with the deletes it would deadlock with a late writer.
std::string_view postgres_fence() {
  return R"sql(
CREATE OR REPLACE FUNCTION pg_temp.etl_undo_wanted() RETURNS uuid LANGUAGE plpgsql AS $etl$
DECLARE
  wanted constant text := current_setting('etl.undo_run');
  of_mapping constant text := current_setting('etl.undo_mapping');
  found uuid;
BEGIN
  IF to_regclass('etl.runs') IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'ETL01', MESSAGE = 'this database has no ledger of etl: no run wrote here', HINT = 'Check which database this is.';
  END IF;
  IF (SELECT max(version) FROM etl.version) > current_setting('etl.undo_ledger')::integer THEN
    RAISE EXCEPTION USING ERRCODE = 'ETL01', MESSAGE = 'a newer etl keeps the ledger of this database', HINT = 'Update etl, and take the rollback.sql that it writes.';
  END IF;
  SELECT r.run INTO found FROM etl.runs r
  WHERE CASE WHEN wanted = '' THEN r.mapping = of_mapping AND r.state <> 'undone' ELSE r.run::text = wanted END
  ORDER BY r.number DESC LIMIT 1;
  IF found IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'ETL01', HINT = 'etl runs lists the runs of a mapping.', MESSAGE = CASE
      WHEN wanted = '' THEN format('this database has no run of %s that could be undone', of_mapping) ELSE format('this database has no run %s', wanted) END;
  END IF;
  RETURN found;
END $etl$;

-- Whether the server process that ran it is still there.
CREATE OR REPLACE FUNCTION pg_temp.etl_undo_is_running(wanted uuid) RETURNS boolean LANGUAGE plpgsql AS $etl$
BEGIN
  RETURN EXISTS (SELECT FROM etl.runs r JOIN pg_catalog.pg_stat_activity a ON a.pid = r.pid AND coalesce(a.backend_start = r.backend_start, true)
    WHERE r.run = wanted AND r.state IN ('running', 'committed') AND a.pid <> pg_backend_pid());
END $etl$;

-- No writer of an earlier attempt of an unfinished run can commit from now on.
CREATE OR REPLACE FUNCTION pg_temp.etl_undo_fence() RETURNS void LANGUAGE plpgsql AS $etl$
DECLARE
  wanted constant uuid := pg_temp.etl_undo_wanted();
BEGIN
  UPDATE etl.runs r SET attempt = attempt + 1
  WHERE r.run = wanted AND r.state IN ('running', 'failed', 'interrupted') AND NOT pg_temp.etl_undo_is_running(wanted);
END $etl$;
)sql";
}

}  // namespace etl::undo
