__zd_dump() {
  local -a __zd_options
  __zd_options=("${(@kv)options[@]}")
  builtin emulate -L zsh
  builtin unsetopt aliases multibyte
  builtin trap - DEBUG ZERR EXIT
  local __zd_name __zd_type
  __zd_emit() { builtin printf '%s\0' "$1" "$2" "$3" "$(($# - 3))" "${@[4,-1]}" }
  # A value may hold NULs, which no other shell can have: they are written as an escape, and a backslash with them.
  __zd_safe() {
    reply=("$@")
    [[ "$*" == *$'\0'* ]] || return 1
    reply=("${reply[@]//\\/\\\\}")
    reply=("${reply[@]//$'\0'/\\0}")
  }
  __zd_emit version zsh '' "$ZSH_VERSION"
  __zd_emit options zsh '' "${__zd_options[@]}" aliases "$__zd_aliases"
  for __zd_name in "${(@k)aliases}"; do __zd_emit alias "$__zd_name" '' "$aliases[$__zd_name]"; done
  for __zd_name in "${(@k)galiases}"; do __zd_emit galias "$__zd_name" '' "$galiases[$__zd_name]"; done
  for __zd_name in "${(@k)saliases}"; do __zd_emit salias "$__zd_name" '' "$saliases[$__zd_name]"; done
  for __zd_name in "${(@k)functions}"; do
    [[ $__zd_name == __zd_* ]] || __zd_emit function "$__zd_name" '' "${functions_source[$__zd_name]-}" "$functions[$__zd_name]"
  done
  for __zd_name in "${(@k)parameters}"; do
    [[ $__zd_name == (__zd_*|ZD_RECORD_*|reply) || $__zd_name != [A-Za-z_]* ]] && continue
    __zd_type=$parameters[$__zd_name]
    [[ $__zd_type == (undefined|*hideval*|*local*) ]] && continue
    case $__zd_type in
      (association*) __zd_safe "${(@kvP)__zd_name}" && __zd_type+=-escaped ;;
      (array*) __zd_safe "${(@P)__zd_name}" && __zd_type+=-escaped ;;
      (*) __zd_safe "${(P)__zd_name}" && __zd_type+=-escaped ;;
    esac
    __zd_emit variable "$__zd_name" "$__zd_type" "${reply[@]}"
  done
  for __zd_name in "${(@k)modules}"; do [[ $modules[$__zd_name] == loaded ]] && __zd_emit module "$__zd_name" ''; done
  for __zd_name in "${(@k)nameddirs}"; do __zd_emit named_dir "$__zd_name" '' "$nameddirs[$__zd_name]"; done
  (( ${+_comps} )) && for __zd_name in "${(@k)_comps}"; do __zd_emit compdef "$__zd_name" '' "$_comps[$__zd_name]"; done
  builtin printf '%s\0' styles zsh '' 1
  builtin zstyle -L 2>/dev/null
  builtin printf '\0'
  builtin printf '%s\0' bindings zsh '' 1
  builtin bindkey -L 2>/dev/null
  builtin printf '\0'
  builtin printf '%s\0' widgets zsh '' 1
  builtin zle -lL 2>/dev/null
  builtin printf '\0'
  (( ${+builtins[sched]} )) && {
    builtin printf '%s\0' sched zsh '' 1
    builtin sched
    builtin printf '\0'
  }
  builtin printf '%s\0' end "$ZD_RECORD_NONCE"
}
{
  builtin printf '%s\0' zd-record-1 "$ZD_RECORD_NONCE"
  builtin printf '%s\0' traps zsh '' 1
  builtin trap
  builtin printf '\0'
  __zd_dump
} >&7
builtin kill -KILL $$
