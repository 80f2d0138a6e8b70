/**
 * One word of bash or zsh that stands for exactly this text, whatever options are set: nothing in it is expanded, taken for an alias or for an
 * option of the parser. Null for what no shell word can hold: a NUL, or half a surrogate pair.
 *
 * Control characters are written as octal escapes in `$'…'`, so a word never breaks a line. In `'…'` no two quotes are ever neighbours, which
 * `rc_quotes` of zsh would read as one.
 */
export function quoted(text: string): string | null {
  if (text.includes('\0') || !text.isWellFormed()) return null;
  if (!CONTROL.test(text)) return `'${text.replaceAll("'", `'\\''`)}'`;
  return `$'${text.replace(SPECIAL, (char) => (char === '\\' || char === "'" ? `\\${char}` : `\\${char.charCodeAt(0).toString(8).padStart(3, '0')}`))}'`;
}

// oxlint-disable-next-line no-control-regex
const CONTROL = /[\u0001-\u001f\u007f]/;
// oxlint-disable-next-line no-control-regex
const SPECIAL = /[\u0001-\u001f\u007f\\']/g;

/** The same for fish, where only `\` and `'` mean something between single quotes; a control character stands outside them. */
export function quotedFish(text: string): string | null {
  if (text.includes('\0') || !text.isWellFormed()) return null;
  // oxlint-disable-next-line no-control-regex
  const parts = text.split(/([\u0001-\u001f\u007f])/).map((part, at) => {
    if (at % 2 === 1) return `\\x${part.charCodeAt(0).toString(16).padStart(2, '0')}`;
    return part === '' ? '' : `'${part.replace(/[\\']/g, '\\$&')}'`;
  });
  return parts.join('') || "''";
}

/** A name as it stands before a `=`: bare where that is safe in every shell, else quoted. */
export const quotedName = (name: string): string | null => (/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(name) ? name : quoted(name));

/** Names a shell takes as a variable. */
export const isIdentifier = (name: string): boolean => /^[A-Za-z_][A-Za-z0-9_]*$/.test(name);

/** A number no arithmetic can go wrong with. */
export const isNumber = (text: string): boolean => /^[+-]?(0|[1-9][0-9]{0,17})(\.[0-9]{1,17})?$/.test(text);

/**
 * A remark in the script. No comment: an interactive zsh without `interactive_comments` runs what stands behind `#` in an `eval`.
 */
export const remark = (text: string): string => `\\builtin : ${quoted(text.replaceAll('\0', '').toWellFormed())}`;
