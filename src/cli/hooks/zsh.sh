# zd's hooks for zsh. In ~/.zshrc: eval "$(zd init zsh)"
# Nothing here waits for zd: what talks to the daemon runs on its own, with its input and output closed and five seconds to live; an answer that
# somebody waits for has thirty.
if [[ -o interactive && ${__zd_pid-} != $$ ]] && zmodload zsh/datetime 2>/dev/null; then
typeset -g __zd_pid=$$ __zd_box=@BOX@ __zd_at=0 __zd_began='' __zd_line='' __zd_cwd='' __zd_count=0
typeset -ga __zd_words __zd_files
__zd_words=(@WORDS@)
# An `exec` keeps the process, and with it the name of the shell.
if [[ ${ZD_SHELL_PID-} != $$ || -z ${ZD_SHELL_KEY-} ]]; then
  export ZD_SHELL_PID=$$ ZD_SHELL_KEY=@NONCE@-$$-$RANDOM$RANDOM$RANDOM ZD_SESSION=@SESSION@-$$
fi

# Started by a process that ends at once: no job of this shell, and nobody's child.
__zd_run() { ( "${__zd_words[@]}" --timeout "${__zd_life:-5}" "$@" </dev/null >/dev/null 2>&1 & ) }

# Whatever the options of this shell are.
__zd_look() {
  emulate -L zsh
  __zd_files=("$__zd_box/$$".*(N))
}

# Opens what came for this shell. True when something was shown.
__zd_open() {
  local file text kind id from limit shown=1
  __zd_look
  for file in "${__zd_files[@]}"; do
    text=''
    IFS= read -r -d '' text <"$file" || :
    command rm -f -- "$file"
    kind=${text%%$'\n'*} text=${text#*$'\n'}
    id=${text%%$'\n'*} text=${text#*$'\n'}
    from=${text%%$'\n'*} text=${text#*$'\n'} text=${text#*$'\n'}
    limit=${text%%$'\n'*} text=${text#*$'\n'}
    [[ $limit == <-> && $limit -ge $EPOCHSECONDS ]] || continue
    # The line that is being typed is drawn again below.
    if (( __zd_at )) && zle; then zle -I; fi
    case $kind in
#:accept
      command) __zd_execute "$id" "$from" "$text" ;;
#:end
      notify|ask) printf '[zd] shell %s: %s\n' "$from" "$text" ;;
      *) continue ;;
    esac
    shown=0
  done
  return $shown
}
#:accept

# This shell said --accept-send: it runs what it is sent, here and without input, and answers.
__zd_execute() {
  local __zd_out=$__zd_box/out.$$.$((++__zd_count)) __zd_code __zd_life
  printf '[zd] shell %s runs here: %s\n' "$2" "${(qqqq)3}"
  { eval "$3" } </dev/null >|"$__zd_out.1" 2>|"$__zd_out.2" && __zd_code=0 || __zd_code=$?
  command cat -- "$__zd_out.1" "$__zd_out.2"
  __zd_life=30
  __zd_run shell result "$1" --exit "$__zd_code" --stdout-file "$__zd_out.1" --stderr-file "$__zd_out.2"
}
#:end

# Something came. A command under way is not disturbed: the next prompt looks.
TRAPURG() {
  if (( __zd_at )); then __zd_open || :; fi
  return 0
}

__zd_preexec() {
  __zd_line=$1 __zd_began=$EPOCHREALTIME __zd_at=0
  # What runs from here on, for zd to announce when it takes long: in a file, which waits for nobody.
  if [[ -d $__zd_box && -z ${ZD_HISTORY_PRIVATE-} && -n $1 && $1 != [[:blank:]]* ]]; then
    { print -rn -- "-"$'\n'"$PWD"$'\n'"$1" >|"$__zd_box/run.$$" } 2>/dev/null
  fi
}

__zd_precmd() {
  local code=$? ms
  if [[ -n $__zd_began ]]; then
    ms=${$(( (EPOCHREALTIME - __zd_began) * 1000 ))%.*}
#:history
    # A line that begins with a blank is to leave no trace.
    if [[ -n $__zd_line && $__zd_line != [[:blank:]]* ]]; then
      __zd_run history append --cwd "$__zd_cwd" --exit "$code" --duration-ms "$ms" --started-ns "${__zd_began%.*}${${__zd_began#*.}[1,9]}" -- "$__zd_line"
    fi
#:end
#:news
    if [[ $ms -ge $(( ${ZD_LONG_COMMAND_US:-30000000} / 1000 )) && $__zd_line != [[:blank:]]* ]]; then
      __zd_run shell finished --cwd "$__zd_cwd" --exit "$code" --duration-ns "${ms}000000" -- "$__zd_line"
    fi
#:end
    __zd_began=''
  fi
  if [[ -s $__zd_box/run.$$ ]]; then : >|"$__zd_box/run.$$"; fi
  # At the first prompt too: reading these hooks starts no process.
  if [[ $PWD != "$__zd_cwd" ]]; then __zd_cwd=$PWD; __zd_register; fi
  __zd_open || :
  __zd_at=1
}

__zd_register() { __zd_run shell register --pid $$ --argv0 zsh --bell SIGURG --cwd "$PWD" ${TTY:+--tty} ${TTY:+"$TTY"} @ACCEPT@ }

autoload -Uz add-zsh-hook
add-zsh-hook preexec __zd_preexec
add-zsh-hook precmd __zd_precmd
#:ctrl-r
__zd_search() {
  local found
  zle -I
  found=$("${__zd_words[@]}" history search --query="$BUFFER" </dev/tty) && [[ -n $found ]] && BUFFER=$found CURSOR=${#found}
  zle reset-prompt
}
zle -N __zd_search
bindkey -M emacs '^R' __zd_search
bindkey -M viins '^R' __zd_search
#:end
fi
