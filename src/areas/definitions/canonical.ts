import { stat } from 'node:fs/promises';
import { nanos } from '../../kernel/clock';
import { ZdError } from '../../kernel/error';
import { checkTexts } from './bundle';
import type { Definitions } from './definitions';
import { definitionEvent } from './events';
import { isList, type Kind } from './kinds';
import { recordFor } from './observation';
import type { DefinitionRecord } from './service';

/** What the canonical operations know, in the published order. */
export const SUBSYSTEMS = [
  ...(['path', 'fpath', 'manpath', 'named_dir', 'alias', 'galias', 'salias', 'function', 'compdef', 'env', 'params', 'zstyle'] as const),
  ...(['bindkey', 'setopt', 'zmodload', 'service', 'patcomp', 'postpatcomp', 'autoload_completion', 'zcompdump_raw'] as const),
] as const satisfies readonly Kind[];

const DIRECTORIES: ReadonlySet<string> = new Set(['path', 'fpath', 'manpath']);
/** Directories newly listed here are looked at. */
const WALKED: ReadonlySet<string> = new Set(['path', 'fpath']);

export function subsystemOf(name: string): Kind {
  const known = (SUBSYSTEMS as readonly string[]).includes(name);
  if (!known) throw new ZdError('bad_subsystem', `There is no subsystem ${JSON.stringify(name)}. They are ${SUBSYSTEMS.join(', ')}.`);
  return name as Kind;
}

/** The value as JSON text, as the canonical operations tell it. */
export const jsonOf = ({ value, json }: Pick<DefinitionRecord, 'value' | 'json'>): string => (json && value !== null ? value : JSON.stringify(value));

export interface Pair {
  readonly key: string;
  readonly value: unknown;
}

/** One row per member of an object, per place of an array, and a single one with an empty key for everything else. */
export function pairsOf(kind: Kind, value: unknown): Pair[] {
  if (Array.isArray(value)) {
    const pairs = !isList(kind) && value.every((each) => Array.isArray(each) && each.length === 2 && typeof each[0] === 'string');
    if (pairs) return value.map(([key, each]: [string, unknown]) => ({ key, value: each }));
    return value.map((each: unknown, at) => ({ key: String(at), value: each }));
  }
  if (typeof value === 'object' && value !== null) return Object.entries(value).map(([key, each]) => ({ key, value: each }));
  return [{ key: '', value }];
}

const refuse = (code: 'bad_value' | 'duplicate_key' | 'empty_dir' | 'duplicate_dir' | 'no_such_dir', message: string): ZdError =>
  new ZdError(code, message, { path: '/value' });

/** Refuses what the subsystem cannot hold; looks at the disk for `path` only. */
export async function checkPush(kind: Kind, value: unknown, pairs: readonly Pair[]): Promise<void> {
  if (value === null || value === '' || pairs.length === 0) throw refuse('bad_value', 'The value is empty.');
  const seen = new Set<string>();
  for (const { key } of pairs) {
    if (seen.has(key)) throw refuse('duplicate_key', `The key ${JSON.stringify(key.slice(0, 200))} stands twice.`);
    seen.add(key);
  }
  if (!DIRECTORIES.has(kind)) return;
  const found = new Set<string>();
  for (const { value: folder } of pairs) {
    if (typeof folder !== 'string') throw refuse('bad_value', `${kind} holds folders, which are texts.`);
    if (folder === '') throw refuse('empty_dir', `An entry of ${kind} is empty.`);
    if (found.has(folder)) throw refuse('duplicate_dir', `${JSON.stringify(folder)} stands twice in ${kind}.`);
    found.add(folder);
  }
  if (kind !== 'path') return;
  for (const folder of found)
    if (!(await stat(folder).catch(() => null))?.isDirectory()) throw refuse('no_such_dir', `There is no folder ${JSON.stringify(folder)}.`);
}

/** Adds the rows to the subsystem, or makes them all of it where they are a list; together with the event that tells of it. */
export function push(definitions: Definitions, shellId: string, kind: Kind, value: unknown, pairs: readonly Pair[]) {
  const setAt = definitions.now();
  const records = pairs.map(({ key, value: each }): DefinitionRecord => {
    const json = typeof each !== 'string';
    const text = json ? JSON.stringify(each) : each;
    checkTexts({ name: key, value: text }, definitions.limits().maxValueBytes, '/value');
    return { ...recordFor(shellId, kind, key, { kind, name: key }, setAt), value: text, json };
  });
  const replaces = Array.isArray(value) && pairs.every(({ key }, at) => key === String(at));
  return definitions.write((changes) => {
    const before = WALKED.has(kind) ? new Set([...definitions.all({ shellId, kind })].map((record) => record.value)) : null;
    if (replaces) changes.clear(shellId, kind);
    for (const record of records) changes.put(record);
    const result = {
      subsystem: kind as string,
      shell_id: shellId,
      row_count: changes.rows(shellId, kind),
      delta_walked_dirs: before ? records.filter((record) => !before.has(record.value)).length : 0,
      generation: nanos(setAt),
    };
    const told = { change: 'push', ...result, set_at_ns: nanos(setAt), set_by_shell: null };
    definitions.append(definitionEvent('canonical_changed', told));
    return { promoted: records.length, ...result };
  });
}
