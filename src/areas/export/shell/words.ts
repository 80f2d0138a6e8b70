/**
 * The words of a line of shell text, as a shell would split it, with nothing expanded: quotes and backslashes are taken away, and everything
 * else stands for itself. Null when a quote is left open.
 */
export function splitWords(line: string): string[] | null {
  const words: string[] = [];
  let word: string | null = null;
  for (let at = 0; at < line.length; at++) {
    const char = line[at]!;
    if (/\s/.test(char)) {
      if (word !== null) words.push(word);
      word = null;
      continue;
    }
    word ??= '';
    if (char === '\\') word += line[++at] ?? '';
    else if (char === "'" || char === '"') {
      const piece = quotedPiece(line, at);
      if (!piece) return null;
      word += piece.text;
      at = piece.end;
    } else word += char;
  }
  if (word !== null) words.push(word);
  return words;
}

/** What stands between two quotes, and where the second one is. */
function quotedPiece(line: string, from: number): { text: string; end: number } | null {
  const quote = line[from]!;
  let text = '';
  for (let at = from + 1; at < line.length; at++) {
    const char = line[at]!;
    if (char === quote) return { text, end: at };
    // In double quotes a backslash counts before these alone (POSIX 2.2.3).
    if (quote === '"' && char === '\\' && '$`"\\'.includes(line[at + 1] ?? ' ')) text += line[++at];
    else text += char;
  }
  return null;
}
