import type { Place } from './model';

/** A completion script for fish 3 and newer. */
export function fish(places: readonly Place[]): string {
  const known = places.filter(({ path }) => path !== '').map(({ path }) => quote(path));
  const lines = places.flatMap(({ path, choices, flags }) => {
    const here = `complete -c zd -n ${quote(`__zd_at ${quote(path)}`)}`;
    return [
      ...choices.map(({ text, about }) => `${here} -f -a ${quote(text)}${about === '' ? '' : ` -d ${quote(about)}`}`),
      ...flags.map(({ names, about, takesValue, values, files }) => {
        const spelled = names.map((name) => (name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`)).join(' ');
        const value = !takesValue
          ? ''
          : files
            ? ` -r -F${files === 'folders' ? ` -a '(__fish_complete_directories)'` : ''}`
            : ` -x${values.length > 0 ? ` -a ${quote(values.join(' '))}` : ''}`;
        return `${here} ${spelled}${value} -d ${quote(about)}`;
      }),
    ];
  });
  return `# fish completion for zd. Use it with: zd completions fish | source
function __zd_at --argument-names wanted
    set -l place ''
    for word in (commandline -opc)[2..-1]
        test "$word" = --; and return 1
        set -l next (string trim -- "$place $word")
        if contains -- "$next" ${known.join(' ')}
            set place $next
        end
    end
    test "$place" = "$wanted"
end
complete -c zd -e
${lines.join('\n')}
`;
}

const quote = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
