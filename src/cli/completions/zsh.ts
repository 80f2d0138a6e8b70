import type { Place } from './model';

/** A completion script for zsh, for the function path or for `eval`. */
export function zsh(places: readonly Place[]): string {
  const known = places.filter(({ path }) => path !== '').map(({ path }) => quote(path));
  const arms = places.map(({ path, choices, flags }) => {
    const shown = choices.map(({ text, about }) => described(text, about));
    const switches = flags.flatMap(({ names, about }) => names.map((name) => described(name, about)));
    return `    ${quote(path)})\n      choices=(${shown.join(' ')})\n      flags=(${switches.join(' ')}) ;;`;
  });
  const values = places.flatMap(({ path, flags }) =>
    flags
      .filter(({ takesValue }) => takesValue)
      .map((flag) => {
        const patterns = flag.names.map((name) => quote(`${path} ${name}`)).join('|');
        const reply = flag.files
          ? `_files${flag.files === 'folders' ? ' -/' : ''}`
          : flag.values.length > 0
            ? `compadd -- ${flag.values.map(quote).join(' ')}`
            : '_message value';
        return `    ${patterns}) ${reply}; return ;;`;
      }),
  );
  return `#compdef zd
# zsh completion for zd. Use it with: source <(zd completions zsh)
_zd() {
  local place='' word
  local -a choices flags
  for word in "\${(@)words[2,CURRENT-1]}"; do
    [[ $word == -- ]] && { _default; return }
    case "\${place:+$place }$word" in
      ${known.join('|')}) place="\${place:+$place }$word" ;;
    esac
  done
  case "$place \${words[CURRENT-1]}" in
${values.join('\n')}
  esac
  case "$place" in
${arms.join('\n')}
  esac
  if [[ \${words[CURRENT]} == -* ]]; then
    _describe -o flag flags
  elif (( $#choices )); then
    _describe command choices
  else
    _default
  fi
}
if [[ $funcstack[1] == _zd ]]; then _zd "$@"; else (( $+functions[compdef] )) || { autoload -Uz compinit && compinit }; compdef _zd zd; fi
`;
}

const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
const described = (text: string, about: string): string => quote(`${text.replaceAll(':', '\\:')}${about === '' ? '' : `:${about}`}`);
