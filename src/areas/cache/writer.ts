import type { Clock } from '../../kernel/clock';
import { ZdError } from '../../kernel/error';
import { counterValue, expiryOf, isExpired, missing, TYPES, type Encoded, type ValueType } from './model';
import type { CacheTable, Head, Totals } from './table';

export interface PutRequest {
  readonly ns: string;
  readonly key: string;
  readonly value: Encoded;
  readonly ttlSecs?: number | null;
  readonly ifVersion?: number;
  readonly ifAbsent?: boolean;
}

export interface PutResult {
  readonly bytes: number;
  readonly version: number;
  readonly type: ValueType;
  readonly expiresAt: number | null;
}

export interface IncrResult {
  readonly value: number;
  readonly version: number;
  readonly expiresAt: number | null;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** What one unit of work did to the totals of each namespace, applied once at its end. */
export class Changes {
  readonly byNs = new Map<string, Mutable<Totals>>();
  writes = 0;

  of(ns: string): Mutable<Totals> {
    let delta = this.byNs.get(ns);
    if (!delta) this.byNs.set(ns, (delta = { bytes: 0, entries: 0, hits: 0, misses: 0, evictions: 0, expired: 0 }));
    return delta;
  }

  removed(ns: string, bytes: number): Mutable<Totals> {
    const delta = this.of(ns);
    delta.bytes -= bytes;
    delta.entries--;
    return delta;
  }
}

/**
 * The writes, to be called inside a transaction. A refusal is returned, not thrown: a throw would roll back everybody's
 * writes of this turn, and a refusal has changed nothing.
 */
export class CacheWriter {
  constructor(
    private readonly table: CacheTable,
    private readonly clock: Clock,
  ) {}

  put(request: PutRequest, changes: Changes): PutResult | ZdError {
    const { ns, key, value } = request;
    const now = this.clock.now();
    const found = this.table.find(ns, key);
    const live = found && !isExpired(found.expires_at, now) ? found : null;
    if (request.ifAbsent && live)
      return new ZdError('conflict', `The entry ${JSON.stringify(key.slice(0, 200))} is there already.`, { extra: { version: live.version } });
    const refusal = request.ifVersion === undefined ? null : versionRefusal(live, request.ifVersion);
    if (refusal) return refusal;
    const expiresAt = expiryOf(request.ttlSecs, now);
    const version = this.store(ns, key, found, live, value, now, expiresAt, changes);
    return { bytes: value.bytes, version, type: TYPES[value.type], expiresAt };
  }

  /** True when a live entry was there. */
  del(ns: string, key: string, ifVersion: number | undefined, changes: Changes): boolean | ZdError {
    const now = this.clock.now();
    const found = this.table.find(ns, key);
    const live = found !== null && !isExpired(found.expires_at, now);
    const refusal = ifVersion === undefined ? null : versionRefusal(live ? found : null, ifVersion);
    if (refusal) return refusal;
    if (found) this.drop(ns, found, !live, changes);
    return live;
  }

  /** Adds to an integer; an absent entry counts as 0 and only then takes the time to live. A text counter stays text. */
  incr(ns: string, key: string, by: number, ttlSecs: number | undefined, changes: Changes): IncrResult | ZdError {
    const now = this.clock.now();
    const found = this.table.read(ns, key);
    const live = found && !isExpired(found.expires_at, now) ? found : null;
    const before = live ? counterValue(live.type, live.value) : 0;
    if (before === null) return new ZdError('not_a_number', `The entry ${JSON.stringify(key.slice(0, 200))} is not an integer within ±(2^53 − 1).`);
    const value = before + by;
    if (!Number.isSafeInteger(value))
      return new ZdError('bad_value', `${before} + ${by} leaves the range ±(2^53 − 1).`, {
        path: '/by',
        hint: 'Use a smaller step, or put a new start value.',
      });
    const data = String(value);
    const expiresAt = live ? live.expires_at : expiryOf(ttlSecs, now);
    const version = this.store(ns, key, found, live, { type: live?.type === 0 ? 0 : 1, data, bytes: data.length }, now, expiresAt, changes);
    return { value, version, expiresAt };
  }

  /** Sets or, with null, removes the time to live; the value and its version stay. */
  touch(ns: string, key: string, ttlSecs: number | null): { id: number; version: number; expiresAt: number | null } | ZdError {
    const now = this.clock.now();
    const found = this.table.find(ns, key);
    if (!found || isExpired(found.expires_at, now)) return missing(ns, key);
    const expiresAt = expiryOf(ttlSecs, now);
    this.table.setExpiry(found, expiresAt);
    return { id: found.id, version: found.version, expiresAt };
  }

  drop(ns: string, entry: { readonly id: number; readonly bytes: number }, expired: boolean, changes: Changes): void {
    this.table.remove(entry.id);
    const delta = changes.removed(ns, entry.bytes);
    if (expired) delta.expired++;
  }

  private store(
    ns: string,
    key: string,
    found: Head | null,
    live: Head | null,
    value: Encoded,
    now: number,
    expiresAt: number | null,
    changes: Changes,
  ): number {
    const version = this.table.nextTick();
    const delta = changes.of(ns);
    changes.writes++;
    if (found) {
      delta.bytes += value.bytes - found.bytes;
      if (!live) delta.expired++;
      this.table.update(found, value, version, live ? live.created_at : now, now, expiresAt);
    } else {
      this.table.insert(ns, key, value, version, now, expiresAt);
      delta.bytes += value.bytes;
      delta.entries++;
    }
    return version;
  }
}

function versionRefusal(live: Head | null, expected: number): ZdError | null {
  if (live?.version === expected) return null;
  const is = live ? `has version ${live.version}` : 'is not there';
  return new ZdError('version_mismatch', `The entry ${is}, not at version ${expected}.`, { extra: { version: live?.version ?? null } });
}
