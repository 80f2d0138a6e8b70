import type { Place } from './model';

/** A completion script for bash 3.2 and newer: no associative arrays, nothing from bash-completion. */
export function bash(places: readonly Place[]): string {
  const known = places.filter(({ path }) => path !== '').map(({ path }) => quote(path));
  const arms = places.map(
    ({ path, choices, flags }) =>
      `    ${quote(path)}) words=${quote(choices.map(({ text }) => text).join(' '))} flags=${quote(flags.flatMap(({ names }) => names).join(' '))} ;;`,
  );
  const values = places.flatMap(({ path, flags }) =>
    flags
      .filter(({ takesValue }) => takesValue)
      .map((flag) => {
        const patterns = flag.names.map((name) => quote(`${path} ${name}`)).join('|');
        const reply = flag.files
          ? `COMPREPLY=($(compgen -${flag.files === 'files' ? 'f' : 'd'} -- "$cur"))`
          : `COMPREPLY=($(compgen -W ${quote(flag.values.join(' '))} -- "$cur"))`;
        return `    ${patterns}) ${reply}; return ;;`;
      }),
  );
  return `# bash completion for zd. Use it with: eval "$(zd completions bash)"
_zd() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} place='' words='' flags='' i
  COMPREPLY=()
  # bash takes --flag=value apart at the equals sign.
  if [[ $cur == '=' ]]; then cur=''; elif [[ $prev == '=' ]]; then prev=\${COMP_WORDS[COMP_CWORD-2]}; fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    [[ \${COMP_WORDS[i]} == -- ]] && return
    case "\${place:+$place }\${COMP_WORDS[i]}" in
      ${known.join('|')}) place="\${place:+$place }\${COMP_WORDS[i]}" ;;
    esac
  done
  case "$place $prev" in
${values.join('\n')}
  esac
  case "$place" in
${arms.join('\n')}
  esac
  if [[ $cur == -* ]]; then words=$flags; fi
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -o bashdefault -o default -F _zd zd
`;
}

const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
