# Completion of bash for moonbear and csv2hdf. Options are those that --help tells.

# Options of a command line, one a line.
_moonbear_options() {
  "$@" --help 2>/dev/null | grep -E '^ +-' | sed 's/   *[A-Za-z0-9(].*//' | grep -oE -- '-(-[a-z][a-z-]*|[a-z])\b'
}

_moonbear_sessions() { "$1" list 2>/dev/null | cut -d ' ' -f 1; }

# _moonbear_offer WORD ACTION...: what compgen makes of the actions.
_moonbear_offer() {
  local word=$1
  shift
  mapfile -t COMPREPLY < <(compgen "$@" -- "$word")
}

# The command of a line `moonbear [-n N]... COMMAND ...`, with what it is at: serve, jupyter install.
_moonbear() {
  local program=$1 word=$2 previous=$3 command=${COMP_WORDS[1]} action=${COMP_WORDS[2]-}
  COMPREPLY=()
  case $previous in
  -n) _moonbear_offer "$word" -W "1 2 4 8"; return ;;
  -e | --name) return ;;
  --session) _moonbear_offer "$word" -W "$(_moonbear_sessions "$program")"; return ;;
  --prefix) _moonbear_offer "$word" -d; return ;;
  esac
  if [ "$COMP_CWORD" -gt 1 ]; then
    case $command in
    serve | list | attach | stop)
      case $word in
      -*) _moonbear_offer "$word" -W "$(_moonbear_options "$program" "$command")" ;;
      *) case $command in attach | stop) _moonbear_offer "$word" -W "$(_moonbear_sessions "$program")" ;; esac ;;
      esac
      return
      ;;
    jupyter)
      if [ "$COMP_CWORD" -eq 2 ]; then
        _moonbear_offer "$word" -W "install uninstall"
      else
        _moonbear_offer "$word" -W "$(_moonbear_options "$program" jupyter "$action")"
      fi
      return
      ;;
    esac
  fi
  case $word in
  -*) _moonbear_offer "$word" -W "$(_moonbear_options "$program")" ;;
  *)
    compopt -o filenames 2>/dev/null
    _moonbear_offer "$word" -f
    [ "$COMP_CWORD" -ne 1 ] || mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(
      compgen -W "serve attach list stop jupyter" -- "$word")
    ;;
  esac
}

_csv2hdf() {
  local program=$1 word=$2 previous=$3
  COMPREPLY=()
  # --format=l comes as three words.
  if [ "$word" = "=" ]; then word="" previous=${COMP_WORDS[COMP_CWORD - 1]}; fi
  [ "$previous" != "=" ] || previous=${COMP_WORDS[COMP_CWORD - 2]}
  case $previous in
  --format) _moonbear_offer "$word" -W "lanl lanl_text lanl_host"; return ;;
  -j | --jobs | --extension) return ;;
  --gzip) _moonbear_offer "$word" -W "0 1 2 3 4 5 6 7 8 9"; return ;;
  --outdir) _moonbear_offer "$word" -d; return ;;
  esac
  case $word in
  -*) _moonbear_offer "$word" -W "$(_moonbear_options "$program")" ;;
  *)
    compopt -o filenames 2>/dev/null
    _moonbear_offer "$word" -f
    ;;
  esac
}

complete -F _moonbear moonbear
complete -F _csv2hdf csv2hdf
