/**
 * What is taken for a secret, by the name of a file or variable or by its text. Names are looked at part by part (`GITHUB_TOKEN`, `githubToken`
 * and `github-token.sh` each hold the part `token`, `tokenizer` does not). It errs towards taking too much.
 */

/** How much of a text is looked at. */
const SCANNED = 64 * 1024;

const PART = /^(?:.*(?:token|secret|credential|password|passwd|passphrase|apikey|privatekey|accesskey))s?$/;
/** Words that mean a secret only together. */
const PAIR = /(?:^|_)(?:api|access|private|signing|encryption|master|deploy)_keys?(?:_|$)|._pwd$/;

const partsOf = (name: string): string[] =>
  name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter(Boolean);

/** A variable, key or other name. */
export function isSensitiveName(name: string): boolean {
  const parts = partsOf(name.slice(0, 1024));
  return parts.some((part) => PART.test(part)) || PAIR.test(parts.join('_'));
}

/** A file, by the last component of its path. */
export function isSensitiveFile(path: string): boolean {
  const name = path.slice(path.lastIndexOf('/') + 1).toLowerCase();
  return name.endsWith('.env') || name.includes('.env.') || isSensitiveName(path.slice(path.lastIndexOf('/') + 1));
}

const MARKS = /aws_secret|api_key=|password=|private_key|secret_access_key/i;
/** An assignment of a literal to a name that says it is one, and the forms in which services hand out their keys. */
const LITERALS = new RegExp(
  [
    '(?:token|secret|passwd|passphrase)=["\']?[^\\s"\'$(]',
    '-----BEGIN [A-Z ]*PRIVATE KEY-----',
    '\\bAKIA[0-9A-Z]{16}\\b',
    '\\b(?:gh[pousr]|glpat|xox[abprs])[_-][A-Za-z0-9_-]{16,}',
    '\\bgithub_pat_[A-Za-z0-9_]{20,}',
    '\\bsk-[A-Za-z0-9_-]{20,}',
    '\\b[Bb]earer [A-Za-z0-9._~+/-]{16,}',
    '://[^\\s/:@]+:[^\\s/:@$]+@',
  ].join('|'),
  'i',
);

/** A text such as the body of a function or the value of a variable. */
export function isSensitiveText(text: string): boolean {
  const head = text.length > SCANNED ? text.slice(0, SCANNED) : text;
  return MARKS.test(head) || LITERALS.test(head);
}
