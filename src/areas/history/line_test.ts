import { fold } from './fold';
import { patternOf, scoreOf } from './fuzzy';
import type { Query } from './query_model';
import { textSearch } from './words';

const encoder = new TextEncoder();

/** Whether a line fits, as far as the index has not decided it. */
export function lineTest({ mode, filter, ignoreCase }: Pick<Query, 'mode' | 'filter' | 'ignoreCase'>): (line: string) => boolean {
  if (filter === '') return () => true;
  const wanted = ignoreCase ? fold(filter) : filter;
  const plain = ignoreCase ? fold : (line: string) => line;
  switch (mode) {
    case 'fts':
      return () => true;
    case 'match': {
      const { literals } = textSearch(filter);
      if (literals.length === 0) return () => true;
      return (line) => {
        const small = fold(line);
        return literals.every((literal) => small.includes(literal));
      };
    }
    case 'like':
      return (line) => plain(line).includes(wanted);
    case 'prefix':
      return (line) => plain(line).startsWith(wanted);
    case 'exact':
      return (line) => plain(line) === wanted;
    case 'fuzzy': {
      const pattern = patternOf(filter);
      return (line) => {
        const bytes = encoder.encode(fold(line));
        return scoreOf(bytes, 0, bytes.length, pattern) >= 0;
      };
    }
  }
}
