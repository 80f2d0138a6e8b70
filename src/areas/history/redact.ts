/** What stands where a secret stood. */
export const REDACTED = '[redacted]';

/** The end of a word: blanks and what ends a command; a quoted word ends with its quote. */
const WORD = `(?:"[^"]*"|'[^']*'|[^\\s"';|&()<>]+)`;

/** Names that end with what means a secret: `GH_TOKEN`, `--api-key`, `PGPASSWORD`, and not `tokenizer` or `multitool.p`. */
const SECRET_NAME =
  '(?:(?:[A-Za-z0-9]{1,40}[_-]){0,8}(?:[A-Za-z0-9]{0,40}(?:token|secret|passwd|password|passphrase|apikey)|sshpass|mysql_pwd|credentials?|api[_-]key|access[_-]key(?:[_-]id)?|private[_-]key|secret[_-]key))';

interface Rule {
  readonly pattern: RegExp;
  /** How many groups in front of the secret stay. */
  readonly keep: 0 | 1;
}

/** Tokens that tell by their form what they are; the documentation of each issuer gives prefix and length. */
const FORMS: readonly Rule[] = [
  /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/g,
  /\bgh[pousr]_[A-Za-z0-9]{36,255}\b/g,
  /\bgithub_pat_[A-Za-z0-9_]{22,255}\b/g,
  /\bglpat-[A-Za-z0-9_-]{20,}/g,
  /\bxox[abeoprs]-[A-Za-z0-9-]{10,}/g,
  /\b(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{16,}\b/g,
  /\bsk-(?:[A-Za-z]+-)*[A-Za-z0-9_-]{20,}/g,
  /\bAIza[0-9A-Za-z_-]{35}/g,
  /\bnpm_[A-Za-z0-9]{36}\b/g,
  /\bpypi-[A-Za-z0-9_-]{32,}/g,
  /\bhf_[A-Za-z0-9]{30,}\b/g,
  /\bdop_v1_[a-f0-9]{64}\b/g,
  /\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}/g,
  /\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}/g,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g,
].map((pattern) => ({ pattern, keep: 0 }));

/** Secrets that tell by where they stand. A value that is taken from elsewhere (`$TOKEN`, `$(pass x)`) is none. */
const PLACES: readonly Rule[] = [
  // GH_TOKEN=x, export PASSWORD='x', ?api_key=x
  new RegExp(`((?<![A-Za-z0-9_-])${SECRET_NAME}=)(?!["']?\\$|["']?\\[redacted\\])${WORD}`, 'gi'),
  // --password x, --token=x
  new RegExp(`(\\s(?:--${SECRET_NAME}|-(?:token|secret|password|passphrase|api-?key))[ =])(?!-|["']?\\$|["']?\\[redacted\\])${WORD}`, 'gi'),
  // set -x TOKEN x (fish)
  new RegExp(`(\\bset\\s(?:-[A-Za-z-]{1,20}\\s){0,4}${SECRET_NAME}\\s+)(?!-|["']?\\$|["']?\\[redacted\\])${WORD}`, 'gi'),
  // Authorization: Bearer x, X-Api-Key: x
  /(\bauthorization\s*[:=]\s*(?:(?:bearer|basic|token|digest)\s+)?)(?!\$|\[redacted\]|(?:bearer|basic|token|digest)\s)[^\s"']+/gi,
  new RegExp(`(\\bx-${SECRET_NAME}\\s*:\\s*)(?!\\$|\\[redacted\\])[^\\s"']+`, 'gi'),
  // scheme://user:x@host
  /(\b[a-z][a-z0-9+.-]{0,30}:\/\/[^\s/:@"']{0,200}:)(?!\$|\[redacted\])[^\s/@"']+(?=@)/gi,
  // curl -u user:x
  /(\bcurl\b[^|;&]{0,400}?\s(?:-u|--user)[ =]?["']?[^\s:"']+:)(?!\$|\[redacted\])[^\s"']+/g,
  // mysql -px, sshpass -p x
  /(\b(?:mysql|mysqldump|mysqladmin|mariadb)\b[^|;&]{0,400}?\s-p)(?!\$|\[redacted\])[^\s"';|&]+/g,
  new RegExp(`(\\bsshpass\\s+-p\\s*)(?!["']?\\$|["']?\\[redacted\\])${WORD}`, 'g'),
].map((pattern) => ({ pattern, keep: 1 }));

const RULES: readonly Rule[] = [...FORMS, ...PLACES];

/** No rule can hit a line without one of these, which most lines are; found in one pass. */
const HINT = /[=:@]|-p|AKIA|ASIA|gh[pousr]_|_pat_|glpat|xox|[sr]k[-_]|AIza|npm_|pypi-|hf_|dop_|SG\.|eyJ|-----|token|secret|pass|key|pwd|credential/i;

/** The line with every secret taken out, and how many there were. */
export function redact(line: string): { readonly line: string; readonly redacted: number } {
  if (!HINT.test(line)) return { line, redacted: 0 };
  let redacted = 0;
  let text = line;
  for (const { pattern, keep } of RULES) {
    text = text.replace(pattern, (_whole: string, head: unknown) => {
      redacted++;
      return `${keep === 1 ? String(head) : ''}${REDACTED}`;
    });
  }
  return { line: text, redacted };
}
