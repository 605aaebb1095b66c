#compdef moonbear csv2hdf
# Completion of zsh. Options, and what they do, are those that --help tells.

# Describes the options of a command line.
_moonbear_options() {
  local -a options
  options=(${(f)"$("$@" --help 2>/dev/null | sed -nE \
    -e 's/:/\\:/g' \
    -e 's/^ +(-[a-z]), (--[a-z-]+)( <[a-z_]+>)?  +(.*)/\1:\4\n\2:\4/p;t' \
    -e 's/^ +(-[a-z]|--[a-z-]+)( [A-Z]+| <[a-z_]+>)?,?( {2,}(.*))?$/\1:\4/p')"})
  _describe -o option options
}

_moonbear_sessions() {
  local -a sessions
  sessions=(${(f)"$($1 list 2>/dev/null | sed -E 's/^([^ ]+) +/\1:/')"})
  _describe session sessions
}

_moonbear() {
  local program=$words[1]
  case $words[CURRENT-1] in
  -e | --name | --extension | -j | --jobs) return 1 ;;
  -n) compadd 1 2 4 8; return ;;
  --session) _moonbear_sessions $program; return ;;
  --format) compadd lanl lanl_text lanl_host; return ;;
  --gzip) compadd {0..9}; return ;;
  --prefix | --outdir) _files -/; return ;;
  esac
  if [[ $service == moonbear ]] && (( CURRENT > 2 )); then
    case $words[2] in
    serve | list) _moonbear_options $program $words[2]; return ;;
    attach | stop)
      if [[ $words[CURRENT] == -* ]]; then
        _moonbear_options $program $words[2]
      else
        _moonbear_sessions $program
      fi
      return
      ;;
    jupyter)
      if (( CURRENT == 3 )); then
        compadd install uninstall
      else
        _moonbear_options $program jupyter $words[3]
      fi
      return
      ;;
    esac
  fi
  if [[ $words[CURRENT] == -* ]]; then
    _moonbear_options $program
  elif [[ $service == moonbear ]] && (( CURRENT == 2 )); then
    local -a commands=("serve:keep a session running" "attach:a prompt on a session"
      "list:the sessions of this machine" "stop:end a session" "jupyter:notebooks")
    _describe command commands
    _files
  else
    _files
  fi
}

_moonbear "$@"
