import type { Op } from './op';
import type { Route } from './route';
import type { Stream } from './stream';

export interface Area {
  readonly name: string;
  readonly summary: string;
  readonly ops: readonly Op[];
  readonly streams?: readonly Stream[];
  readonly routes?: readonly Route[];
}

/** Results are flattened beside these keys, so no reply may use them (contract: envelopes). */
const RESERVED = ['id', 'ok', 'event', 'code', 'msg'];

/** Every op and stream by name, built once from the static list; a clash of names, routes or CLI words stops the load. */
export class Registry {
  readonly areas: readonly Area[];
  readonly ops: ReadonlyMap<string, Op>;
  readonly streams: ReadonlyMap<string, Stream>;
  readonly routes: readonly Route[];

  constructor(areas: readonly Area[]) {
    this.areas = areas;
    this.ops = index(
      areas.flatMap((area) => area.ops),
      (op) => op.name,
      'op',
    );
    this.streams = index(
      areas.flatMap((area) => area.streams ?? []),
      (stream) => stream.path,
      'route',
    );
    this.routes = areas.flatMap((area) => area.routes ?? []);
    index(this.routes, (route) => `${route.method} ${route.path}`, 'route');
    const all = [...this.ops.values(), ...this.streams.values()];
    index([...all, ...this.routes], (item) => item.name, 'name');
    index(
      all.filter((item) => item.cli),
      (item) => item.cli!.path.join(' '),
      'CLI words',
    );
    for (const op of this.ops.values()) checkOp(op);
  }

  /** Names in published order (bytewise, never by locale). */
  names(): string[] {
    return [...this.ops.keys()].toSorted((a, b) => (a < b ? -1 : 1));
  }
}

function index<T>(items: readonly T[], key: (item: T) => string, what: string): Map<string, T> {
  const map = new Map<string, T>();
  for (const item of items) {
    if (map.has(key(item))) throw new Error(`duplicate ${what}: ${key(item)}`);
    map.set(key(item), item);
  }
  return map;
}

function checkOp(op: Op): void {
  if (!/^[a-z][a-z0-9_]*$/.test(op.name)) throw new Error(`${op.name}: an op name is lower case with underscores`);
  // Only a format that others write, and that grows, may say that it is open.
  if (op.input.additionalProperties === undefined) throw new Error(`${op.name}: its input must be strict(), or say that it is open`);
  for (const key of Object.keys(op.output.properties)) {
    if (RESERVED.includes(key)) throw new Error(`${op.name}: the reply may not have a member "${key}"`);
  }
  const fields = new Set(Object.keys(op.input.properties));
  const hints = op.cli;
  for (const field of [
    ...(hints?.positional ?? []),
    ...(hints?.json ?? []),
    ...(hints?.paths ?? []),
    ...Object.keys(hints?.rename ?? {}),
    ...(hints?.rest ? [hints.rest] : []),
  ]) {
    if (!fields.has(field)) throw new Error(`${op.name}: CLI hint for an unknown field "${field}"`);
  }
}
