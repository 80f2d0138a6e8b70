__zd_options=$(\builtin shopt; \builtin set -o)
__zd_traps=$(\builtin trap -p)
\builtin shopt -u expand_aliases
\builtin trap - DEBUG ERR RETURN EXIT
\builtin set +eufx
IFS=$' \t\n'
__zd_emit() { builtin printf '%s\0' "$1" "$2" "$3" "$(($# - 3))" "${@:4}"; }
__zd_dump() {
  builtin local __zd_name __zd_key __zd_exported __zd_arrays __zd_pairs
  builtin declare -A __zd_is_exported __zd_is_array
  builtin printf '%s\0' zd-record-1 "$ZD_RECORD_NONCE"
  __zd_emit version bash '' "$BASH_VERSION"
  __zd_emit options bash '' "$__zd_options"
  __zd_emit traps bash '' "$__zd_traps"
  for __zd_name in "${!BASH_ALIASES[@]}"; do __zd_emit alias "$__zd_name" '' "${BASH_ALIASES[$__zd_name]}"; done
  builtin shopt -s extdebug
  while IFS= builtin read -r __zd_name; do
    [[ $__zd_name == __zd_* ]] && continue
    builtin printf '%s\0' function "$__zd_name" '' 2
    builtin declare -F -- "$__zd_name"
    builtin printf '\0'
    builtin declare -f -- "$__zd_name"
    builtin printf '\0'
  done < <(builtin compgen -A function)
  builtin shopt -u extdebug
  while IFS= builtin read -r __zd_name; do __zd_is_exported[$__zd_name]=x; done < <(builtin compgen -e)
  while IFS= builtin read -r __zd_name; do __zd_is_array[$__zd_name]=x; done < <(builtin compgen -A arrayvar)
  while IFS= builtin read -r __zd_name; do
    [[ $__zd_name == __zd_* || $__zd_name == ZD_RECORD_* ]] && continue
    builtin printf '%s\0' variable "$__zd_name"
    if [[ -z ${__zd_is_array[$__zd_name]-} ]]; then
      builtin printf '%s\0' "${__zd_is_exported[$__zd_name]-}${!__zd_name@a}" 1 "${!__zd_name-}"
    else
      builtin declare -n __zd_ref="$__zd_name"
      __zd_pairs=()
      for __zd_key in "${!__zd_ref[@]}"; do __zd_pairs+=("$__zd_key" "${__zd_ref[$__zd_key]}"); done
      __zd_key=$(builtin declare -p "$__zd_name" 2>/dev/null)
      __zd_key=${__zd_key#declare -}
      builtin printf '%s\0' "${__zd_key%% *}" "${#__zd_pairs[@]}"
      ((${#__zd_pairs[@]} == 0)) || builtin printf '%s\0' "${__zd_pairs[@]}"
      builtin unset -n __zd_ref
    fi
  done < <(builtin compgen -v)
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
