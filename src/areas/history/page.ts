import { whereOf } from './conditions';
import type { Query } from './query_model';
import { COLUMNS, FROM, type Found, type HistoryTable } from './table';

/** Entries passed over per step: about a millisecond of the loop, however few of them fit. */
const STEP = 1024;

/** The conditions an index has entries in the order of time for; one of them may lead. */
const INDEXED = [
  ['cwd', 'cwd'],
  ['sessid', 'sessid'],
  ['shellId', 'shell_id'],
] as const;

/** The next entries in order that meet the conditions, and how far it has looked; null at the end. */
export function entriesOf(table: HistoryTable, query: Query, at: number | null, lineId?: number): { entries: Found[]; seenTo: number | null } {
  const { descending } = query;
  const [compare, order] = descending ? ['<', 'DESC'] : ['>', 'ASC'];
  const from = at ?? (descending ? Number.MAX_SAFE_INTEGER : -1);
  const lead = leadOf(query, lineId);
  const { after, before } = query;
  const inTime = whereOf({ after, before });
  const range = [`history.pos ${compare} ?`, ...lead.terms, ...inTime.terms];
  const rangeValues = [from, ...lead.values, ...inTime.values];
  const edge = table.get<{ pos: number }>(
    `SELECT pos FROM history WHERE ${range.join(' AND ')} ORDER BY pos ${order} LIMIT 1 OFFSET ${STEP - 1}`,
    ...rangeValues,
  );
  const { terms, values } = whereOf(query);
  const bounded = edge ? [`history.pos ${descending ? '>=' : '<='} ?`] : [];
  const entries = table.rows(`SELECT ${COLUMNS} FROM ${FROM} WHERE ${[...range, ...bounded, ...terms].join(' AND ')} ORDER BY pos ${order}`, [
    ...rangeValues,
    ...(edge ? [edge.pos] : []),
    ...values,
  ]);
  return { entries, seenTo: edge ? edge.pos : null };
}

function leadOf(query: Query, lineId: number | undefined): { terms: string[]; values: (string | number)[] } {
  if (lineId !== undefined) return { terms: ['history.line_id = ?'], values: [lineId] };
  for (const [name, column] of INDEXED) {
    const value = query[name];
    if (value !== undefined) return { terms: [`history.${column} = ?`], values: [value] };
  }
  return { terms: [], values: [] };
}
