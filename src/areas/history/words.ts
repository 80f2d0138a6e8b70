import { fold } from './fold';

/** A word of letters and digits, as the full-text index cuts them. */
const TOKEN = /[\p{L}\p{N}\p{Co}]/u;
const ONLY_TOKEN = /^[\p{L}\p{N}\p{M}\p{Co}]+$/u;

/** What a person typed, as a search of the index that cannot fail, and what must be looked at besides. */
export interface TextSearch {
  /** An FTS5 expression; null when no word has a letter or digit. */
  readonly expression: string | null;
  /** In small letters: what must stand in the line as it is, because the index does not know its punctuation. */
  readonly literals: readonly string[];
}

/** Every word must be there; `git-lfs`, quotes, `*` and the like are text and no operators. */
export function textSearch(filter: string): TextSearch {
  const words = filter.split(/\s+/).filter(Boolean);
  const indexed = words.filter((word) => TOKEN.test(word)).map((word) => `"${word.replaceAll('"', '""')}"`);
  return {
    expression: indexed.length === 0 ? null : indexed.join(' '),
    literals: words.filter((word) => !ONLY_TOKEN.test(word)).map((word) => fold(word)),
  };
}
