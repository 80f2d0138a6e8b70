import { isList, numberOf, placeOf, type Kind } from './kinds';
import { AFTER_SHELL, VISIBLE } from './owners';
import type { DefinitionFilter, Place } from './service';

type Value = string | number | null;

export interface Sql {
  /** `FROM … WHERE …`. */
  readonly sql: string;
  readonly values: readonly Value[];
}

/** The records of one kind that a filter may match, from a place on: they lie side by side in one index. */
export interface Stretch {
  /** All of it, whether it matches or not. */
  readonly whole: Sql;
  readonly order: string;
  /** Whether every record of it matches, so that it need not be gone through piece by piece. */
  readonly exact: boolean;
  /** Whether the rows themselves must be read to know which match. */
  readonly heavy: boolean;
  /** What matches, up to a place inside it or to its end. */
  matching(edge: Place | null): Sql;
}

/** `from` is exclusive. The shell of the filter is the name its records lie under; `hidden`: there are records that hold for nobody. */
export function stretchOf(filter: DefinitionFilter, kind: Kind, from: Place | null, hidden: boolean): Stretch {
  const { shellId, name } = filter;
  const list = isList(kind);
  const head = `FROM definition INDEXED BY ${shellId === undefined ? 'definition_place' : 'definition_shell'} WHERE kind = ?`;
  const where: string[] = [];
  const values: Value[] = [numberOf(kind)];
  const add = (sql: string, ...more: Value[]) => {
    where.push(` AND ${sql}`);
    values.push(...more);
  };
  if (shellId !== undefined) add('shell_id = ?', shellId);
  // The columns of the index behind those that are fixed.
  const columns = [...(list ? ['ord'] : []), 'name', ...(shellId === undefined ? ['shell_id'] : [])];
  const order = columns.join(', ');
  const tuple = (place: Place): Value[] => columns.map((column) => (column === 'ord' ? place.ord : column === 'name' ? place.name : place.shellId));
  const compare = (operator: string) => `(${order}) ${operator} (${columns.map(() => '?').join(', ')})`;
  if (!list && name === undefined) add('ord = 0');
  const prefix = list || name !== undefined ? '' : (filter.prefix ?? literalOf(filter.glob));
  // One bound at each end: of two the planner may take the worse, and go through what lies between for nothing.
  if (name !== undefined) {
    add('ord = ? AND name = ?', placeOf(kind, name), name);
    if (from) add('shell_id > ?', from.shellId + AFTER_SHELL);
  } else if (from) add(compare('>'), ...tuple({ ...from, shellId: from.shellId + AFTER_SHELL }));
  else if (prefix !== '') add('name >= ?', prefix);
  const checks = checksOf(filter, list, hidden);
  const end = prefix === '' ? null : prefixEnd(prefix);
  const withUpper = (upper: string, upperValues: readonly Value[], more: Sql): Sql => ({
    sql: `${head}${where.join('')}${upper}${more.sql}`,
    values: [...values, ...upperValues, ...more.values],
  });
  const upTo = (edge: Place | null, more: Sql): Sql => {
    if (edge) return withUpper(` AND ${compare('<=')}`, tuple(edge), more);
    return end === null ? withUpper('', [], more) : withUpper(' AND name < ?', [end], more);
  };
  return {
    whole: upTo(null, { sql: '', values: [] }),
    order,
    exact: checks.sql === '',
    heavy: filter.file !== undefined || filter.contains !== undefined || filter.since !== undefined,
    matching: (edge) => upTo(edge, checks),
  };
}

/** What the index cannot find by itself. */
function checksOf({ shellId, name, prefix, glob, file, contains, since }: DefinitionFilter, list: boolean, hidden: boolean): Sql {
  const checks: [string, ...Value[]][] = [];
  if (hidden && shellId === undefined) checks.push([VISIBLE]);
  // An exact name beside a prefix is rare, and the prefix of a list's names is no range of its index.
  if (prefix !== undefined && (list || name !== undefined)) checks.push(['substr(name, 1, length(?)) = ?', prefix, prefix]);
  if (glob !== undefined) checks.push(['name GLOB ?', glob]);
  if (file !== undefined) checks.push(['file = ?', file]);
  if (contains !== undefined) checks.push(['instr(value, ?) > 0', contains]);
  if (since !== undefined) checks.push(['set_at >= ?', since]);
  return { sql: checks.map(([sql]) => ` AND ${sql}`).join(''), values: checks.flatMap(([, ...values]) => values) };
}

/** What every text starts with that a glob matches. */
const literalOf = (glob = ''): string => /^[^*?[]*/.exec(glob)![0];

/** The smallest text above all that start with `prefix`, bytewise; null when there is none. */
function prefixEnd(prefix: string): string | null {
  const points = [...prefix];
  while (points.length > 0) {
    const last = points.pop()!.codePointAt(0)!;
    if (last < 0x10ffff) return points.join('') + String.fromCodePoint(last === 0xd7ff ? 0xe000 : last + 1);
  }
  return null;
}
