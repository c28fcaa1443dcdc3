# Written by tools/generate from the table of commands and options.
_etl() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} command=${COMP_WORDS[1]} words=
  COMPREPLY=()
  if [[ $COMP_CWORD -eq 1 ]]; then
    COMPREPLY=($(compgen -W 'run lint plan preview init test schema docs --help --version' -- "$current"))
    return
  fi
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
    init:--target) return ;;
    init:--schema) COMPREPLY=($(compgen -f -- "$current")); return ;;
    init:--out) return ;;
    test:--format) words='text junit' ;;
    docs:--out) return ;;
  esac
  if [[ -n $words ]]; then
    COMPREPLY=($(compgen -W "$words" -- "$current"))
    return
  fi
  if [[ $current != -* ]]; then
    COMPREPLY=($(compgen -f -- "$current"))
    return
  fi
  case $command in
    run) words='--param --profile --only --dry-run --workers --batch --format -v --verbose -q --quiet --help' ;;
    lint) words='--profile --strict --reverse --format -v --verbose -q --quiet --help' ;;
    plan) words='--param --profile --only --offline --scan --format -v --verbose -q --quiet --help' ;;
    preview) words='--param --profile -n --rows --format -v --verbose -q --quiet --help' ;;
    init) words='--target --schema --out -v --verbose -q --quiet --help' ;;
    test) words='--coverage --format -v --verbose -q --quiet --help' ;;
    schema) words='--help' ;;
    docs) words='--out -q --quiet --help' ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o filenames -F _etl etl
