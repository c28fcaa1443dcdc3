# Written by tools/generate from the table of commands and options.
_etl() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} command=${COMP_WORDS[1]}
  local words= options= files=
  COMPREPLY=()
  [[ $COMP_CWORD -gt 1 ]] || words='run lint plan preview verify init test rollback replay backup restore runs show schema docs --help --version'
  case $command:$previous in
    run:--param) return ;;
    run:--profile) return ;;
    run:--only) return ;;
    run:--workers) return ;;
    run:--batch) return ;;
    run:--format) words='text json' ;;
    lint:--profile) return ;;
    lint:--format) words='text json github sarif junit' ;;
    plan:--param) return ;;
    plan:--profile) return ;;
    plan:--only) return ;;
    plan:--format) words='text json mermaid' ;;
    preview:--param) return ;;
    preview:--profile) return ;;
    preview:-n|preview:--rows) return ;;
    preview:--format) words='text json' ;;
    verify:--param) return ;;
    verify:--profile) return ;;
    verify:--run) return ;;
    verify:--sample) return ;;
    verify:--batch) return ;;
    verify:--format) words='text json csv' ;;
    init:--target) return ;;
    init:--schema) mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
    init:--out) return ;;
    test:--format) words='text junit' ;;
    rollback:--param) return ;;
    rollback:--profile) return ;;
    rollback:--only) return ;;
    rollback:--run) return ;;
    rollback:--where) return ;;
    rollback:--format) words='text json' ;;
    replay:--table) return ;;
    replay:--run) return ;;
    replay:--param) return ;;
    replay:--profile) return ;;
    replay:--batch) return ;;
    replay:--format) words='text json' ;;
    backup:--param) return ;;
    backup:--profile) return ;;
    backup:--only) return ;;
    backup:--out) mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
    restore:--param) return ;;
    restore:--profile) return ;;
    restore:--only) return ;;
    restore:--from) mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
    runs:--param) return ;;
    runs:--profile) return ;;
    runs:--format) words='text json' ;;
    show:--param) return ;;
    show:--profile) return ;;
    show:--format) words='text json' ;;
    docs:--out) mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
  esac
  case $command in
    run) options='--param --profile --only --dry-run --resume --workers --batch --format -v --verbose -q --quiet --help' files=yes ;;
    lint) options='--profile --strict --reverse --format -v --verbose -q --quiet --help' files=yes ;;
    plan) options='--param --profile --only --offline --scan --rollback --format -v --verbose -q --quiet --help' files=yes ;;
    preview) options='--param --profile -n --rows --format -v --verbose -q --quiet --help' files=yes ;;
    verify) options='--param --profile --run --counts --sample --full --batch --format -v --verbose -q --quiet --help' files=yes ;;
    init) options='--target --schema --out -v --verbose -q --quiet --help' ;;
    test) options='--coverage --format -v --verbose -q --quiet --help' files=yes ;;
    rollback) options='--param --profile --only --run --where --force --sql --dry-run --format -v --verbose -q --quiet --help' files=yes ;;
    replay) options='--table --run --param --profile --dry-run --batch --format -v --verbose -q --quiet --help' files=yes ;;
    backup) options='--param --profile --only --out -v --verbose -q --quiet --help' files=yes ;;
    restore) options='--param --profile --only --from --force --dry-run -v --verbose -q --quiet --help' files=yes ;;
    runs) options='--param --profile --format --help' files=yes ;;
    show) options='--param --profile --format --help' files=yes ;;
    schema) options='--help' ;;
    docs) options='--out -q --quiet --help' ;;
  esac
  if [[ -z $words && -n $files && $current != -* ]]; then
    mapfile -t COMPREPLY < <(compgen -f -- "$current")
  else
    mapfile -t COMPREPLY < <(compgen -W "${words:-$options}" -- "$current")
  fi
}
complete -o filenames -F _etl etl
