/**
 * How systemd reads a line of words: quotes, C escapes and specifiers, written from systemd.syntax(7) and not from our
 * quoting. Variables of `ExecStart=` are left as they are.
 */
export function unquote(line: string): string[] {
  const words: string[] = [];
  let at = 0;
  while (at < line.length) {
    if (line[at] === ' ') {
      at += 1;
      continue;
    }
    const quote = line[at] === '"' || line[at] === "'" ? line[at++] : '';
    let word = '';
    for (;;) {
      const char = line[at++];
      if (char === undefined) {
        if (quote !== '') throw new Error('a quote is not closed');
        break;
      }
      if (quote === '' ? char === ' ' : char === quote) break;
      if (char !== '\\') {
        word += char;
        continue;
      }
      const escaped = line[at++];
      if (escaped !== '\\' && escaped !== '"' && escaped !== "'") throw new Error(`an escape nobody wrote: \\${escaped}`);
      word += escaped;
    }
    words.push(
      word.replace(/%(.?)/g, (_all, next: string) => {
        if (next !== '%') throw new Error(`a specifier nobody wrote: %${next}`);
        return '%';
      }),
    );
  }
  return words;
}
