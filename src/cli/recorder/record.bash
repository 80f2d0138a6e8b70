__zd_options=$(\builtin shopt; \builtin set -o)
__zd_traps=$(\builtin trap -p)
\builtin trap - DEBUG ERR RETURN EXIT
\builtin set +eufxv +o posix
\builtin shopt -u expand_aliases
__zd_emit() { builtin printf '%s\0' "$1" "$2" "$3" "$(($# - 3))" "${@:4}"; }
__zd_dump() {
  builtin local __zd_name __zd_key
  builtin local -a __zd_list __zd_pairs
  builtin declare -A __zd_is_exported __zd_is_array
  builtin printf '%s\0' zd-record-1 "$ZD_RECORD_NONCE"
  __zd_emit version bash '' "$BASH_VERSION"
  if ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] < 404)); then
    __zd_emit unsupported bash '' "$BASH_VERSION" 4.4
    builtin printf '%s\0' end "$ZD_RECORD_NONCE"
    return
  fi
  __zd_emit options bash '' "$__zd_options"
  __zd_emit traps bash '' "$__zd_traps"
  # BASH_ALIASES and BASH_CMDS are built anew at every access.
  builtin printf '%s\0' aliases bash '' 1
  builtin alias -p
  builtin printf '\0'
  builtin shopt -s extdebug
  # Nothing here may need IFS: a configuration can make it read-only.
  builtin mapfile -t __zd_list < <(builtin compgen -A function)
  for __zd_name in "${__zd_list[@]}"; do
    [[ $__zd_name == __zd_* ]] && continue
    builtin printf '%s\0' function "$__zd_name" '' 2
    builtin declare -F -- "$__zd_name"
    builtin printf '\0'
    builtin declare -f -- "$__zd_name"
    builtin printf '\0'
  done
  builtin shopt -u extdebug
  builtin mapfile -t __zd_list < <(builtin compgen -e)
  for __zd_name in "${__zd_list[@]}"; do __zd_is_exported[$__zd_name]=x; done
  builtin mapfile -t __zd_list < <(builtin compgen -A arrayvar)
  for __zd_name in "${__zd_list[@]}"; do __zd_is_array[$__zd_name]=x; done
  builtin mapfile -t __zd_list < <(builtin compgen -v)
  for __zd_name in "${__zd_list[@]}"; do
    [[ $__zd_name == @(__zd_*|ZD_RECORD_*|BASH_ALIASES|BASH_CMDS) ]] && continue
    builtin printf '%s\0' variable "$__zd_name"
    if [[ -z ${__zd_is_array[$__zd_name]-} ]]; then
      builtin printf '%s\0' "${__zd_is_exported[$__zd_name]-}${!__zd_name@a}" 1 "${!__zd_name-}"
    else
      builtin declare -n __zd_ref="$__zd_name"
      __zd_pairs=()
      for __zd_key in "${!__zd_ref[@]}"; do __zd_pairs+=("$__zd_key" "${__zd_ref[$__zd_key]}"); done
      builtin printf '%s\0' "a${__zd_ref@a}" "${#__zd_pairs[@]}"
      ((${#__zd_pairs[@]} == 0)) || builtin printf '%s\0' "${__zd_pairs[@]}"
      builtin unset -n __zd_ref
    fi
  done
  builtin printf '%s\0' bindings bash '' 1
  builtin bind -p 2>/dev/null
  builtin bind -s 2>/dev/null
  builtin bind -X 2>/dev/null
  builtin printf '\0'
  builtin printf '%s\0' completions bash '' 1
  builtin complete -p
  builtin printf '\0'
  builtin printf '%s\0' end "$ZD_RECORD_NONCE"
}
__zd_dump >&7
\builtin kill -KILL $$
