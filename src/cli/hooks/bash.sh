# zd's hooks for bash 5 and newer. In ~/.bashrc: eval "$(zd init bash)"
# Nothing here waits for zd: what talks to the daemon runs on its own, with its input and output closed and five seconds to live; an answer that
# somebody waits for has thirty.
if [[ $- == *i* && ${__zd_pid-} != "$$" && ${BASH_VERSINFO[0]} -ge 5 ]]; then
__zd_pid=$$ __zd_words=(@WORDS@) __zd_box=@BOX@ __zd_at=0 __zd_began='' __zd_number='' __zd_cwd='' __zd_count=0 __zd_files=()
# An `exec` keeps the process, and with it the name of the shell.
if [[ ${ZD_SHELL_PID-} != "$$" || -z ${ZD_SHELL_KEY-} ]]; then
  export ZD_SHELL_PID=$$ ZD_SHELL_KEY=@NONCE@-$$-$RANDOM$RANDOM$RANDOM ZD_SESSION=@SESSION@-$$
fi

# Started by a process that ends at once: no job of this shell, and nobody's child.
__zd_run() { ( "${__zd_words[@]}" --timeout "${__zd_life:-5}" "$@" </dev/null >/dev/null 2>&1 & ); }

# Whatever the options of this shell are.
__zd_look() {
  local -
  set +f
  __zd_files=("$__zd_box/$$".*)
}

# Opens what came for this shell. True when something was shown.
__zd_open() {
  local file text kind id from limit shown=1
  __zd_look
  for file in "${__zd_files[@]}"; do
    [[ -f $file ]] || continue
    text=''
    IFS= read -r -d '' text <"$file" || :
    command rm -f -- "$file"
    kind=${text%%$'\n'*} text=${text#*$'\n'}
    id=${text%%$'\n'*} text=${text#*$'\n'}
    from=${text%%$'\n'*} text=${text#*$'\n'} text=${text#*$'\n'}
    limit=${text%%$'\n'*} text=${text#*$'\n'}
    [[ $limit =~ ^[0-9]+$ && $limit -ge $EPOCHSECONDS ]] || continue
    case $kind in
#:accept
      command) __zd_execute "$id" "$from" "$text" ;;
#:end
      notify|ask) printf '\r\n[zd] shell %s: %s\r\n' "$from" "$text" ;;
      *) continue ;;
    esac
    shown=0
  done
  return "$shown"
}
#:accept

# This shell said --accept-send: it runs what it is sent, here and without input, and answers.
__zd_execute() {
  local __zd_out=$__zd_box/out.$$.$((++__zd_count)) __zd_code __zd_life
  printf '\r\n[zd] shell %s runs here: %s\r\n' "$2" "${3@Q}"
  { eval "$3"; } </dev/null >|"$__zd_out.1" 2>|"$__zd_out.2" && __zd_code=0 || __zd_code=$?
  command cat -- "$__zd_out.1" "$__zd_out.2"
  __zd_life=30
  __zd_run shell result "$1" --exit "$__zd_code" --stdout-file "$__zd_out.1" --stderr-file "$__zd_out.2"
}
#:end

# Something came. A command under way is not disturbed: the next prompt looks.
__zd_bell() {
  if [[ $__zd_at == 1 ]] && __zd_open; then kill -WINCH $$; fi
}

__zd_precmd() {
  local code=$? now=${EPOCHREALTIME/[.,]/}
  if [[ -n $__zd_began ]]; then
#:history
    # The same number: bash left the line out of its own history. A repetition is kept here all the same; a line that was to leave no trace is not,
    # and where it may be either it is taken for the latter.
    if [[ $HISTCMD != "$__zd_number" || ${HISTCONTROL-} == *ignoredups* && ${HISTCONTROL-} != *ignorespace* ]]; then
      __zd_tell history append --cwd "$__zd_cwd" --exit "$code" --duration-ms $(( (now - __zd_began) / 1000 )) --started-ns "${__zd_began}000"
    fi
#:end
#:news
    if [[ $(( now - __zd_began )) -ge ${ZD_LONG_COMMAND_US:-30000000} ]]; then
      __zd_tell shell finished --cwd "$__zd_cwd" --exit "$code" --duration-ns "$(( now - __zd_began ))000"
    fi
#:end
  fi
  # The first prompt: reading these hooks starts no process.
  [[ -n $__zd_cwd ]] || __zd_trap
  if [[ -s $__zd_box/run.$$ ]]; then : >|"$__zd_box/run.$$"; fi
  __zd_began='' __zd_number=$HISTCMD
  if [[ $PWD != "$__zd_cwd" ]]; then __zd_cwd=$PWD; __zd_register; fi
  __zd_open || :
  __zd_at=1
  return "$code"
}

# Adds the newest line of the history. Only the process beside this shell looks it up, for that costs one more.
__zd_tell() {
  (
    {
      HISTTIMEFORMAT=''
      [[ $(builtin history 1) =~ ^\ *[0-9]+[*\ ]\ (.*)$ ]] && "${__zd_words[@]}" --timeout 5 "$@" -- "${BASH_REMATCH[1]}"
    } </dev/null >/dev/null 2>&1 &
  )
}

# What runs from here on, for zd to announce when it takes long: in a file, which waits for nobody. A line that leaves no trace has another number.
__zd_note() {
  HISTTIMEFORMAT=''
  if [[ -d $__zd_box && -z ${ZD_HISTORY_PRIVATE-} ]]; then
    { printf '%s\n' "$__zd_number" "$PWD"; builtin history 1; } 2>/dev/null >|"$__zd_box/run.$$"
  fi
}

# A trap that is there goes on being called.
__zd_trap() {
  local set
  set=$(trap -p WINCH)
  eval "set=(${set})"
  trap "__zd_bell${set[2]:+; ${set[2]}}" WINCH
}

__zd_register() { __zd_run shell register --pid $$ --argv0 bash --bell SIGWINCH --cwd "$PWD" @ACCEPT@; }

# Expanded when a command line is read and before it runs, in this very process.
PS0="${PS0-}"'${__zd_pid:$((__zd_began=${EPOCHREALTIME/[.,]/},__zd_at=0,0)):0}$(__zd_note)'
# First, so that it sees the exit code.
[[ ${PROMPT_COMMAND-} == *__zd_precmd* ]] || PROMPT_COMMAND="__zd_precmd${PROMPT_COMMAND:+; $PROMPT_COMMAND}"
#:ctrl-r
if [[ -o emacs || -o vi ]]; then
  __zd_search() {
    local found
    found=$("${__zd_words[@]}" history search --query="$READLINE_LINE" </dev/tty) && [[ -n $found ]] && READLINE_LINE=$found READLINE_POINT=${#found}
  }
  bind -m emacs -x '"\C-r": __zd_search'
  bind -m vi-insert -x '"\C-r": __zd_search'
fi
#:end
elif [[ $- == *i* && ${BASH_VERSINFO[0]} -lt 5 ]]; then
  printf 'zd: its hooks need bash 5 and this is %s: nothing was set up\n' "$BASH_VERSION" >&2
fi
