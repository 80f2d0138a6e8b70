import { ZdError } from '../../kernel/error';
import { checkNames, decodeValue, encodeValue, missing, type Encoded } from './model';
import { wireTime } from './schema';
import type { CacheStore } from './store';
import type { Changes } from './writer';

export const BATCH_MAX = 10_000;

/** An item as the schema lets it through. */
export interface BatchItem {
  readonly op: 'put' | 'get' | 'del' | 'incr' | 'touch';
  readonly ns?: string;
  readonly key: string;
  readonly value?: unknown;
  readonly value_base64?: string;
  readonly ttl_secs?: number | null;
  readonly if_version?: number;
  readonly if_absent?: boolean;
  readonly by?: number;
}

interface Step {
  readonly ns: string;
  readonly item: BatchItem;
  /** What a put stores. */
  readonly encoded: Encoded | null;
}

export interface BatchResult {
  ok: boolean;
  version?: number;
  value?: unknown;
  value_base64?: string;
  type?: string;
  deleted?: boolean;
  expires_at?: number | null;
  code?: string;
  msg?: string;
}

interface Read {
  readonly ns: string;
  /** Of the entry found, or null for a miss. */
  readonly id: number | null;
  /** False for a use that is no read. */
  readonly counts: boolean;
}

/** Fields beside op, ns and key that each kind does not take. */
const FOREIGN: Readonly<Record<BatchItem['op'], readonly (keyof BatchItem)[]>> = {
  put: ['by'],
  get: ['value', 'value_base64', 'ttl_secs', 'if_version', 'if_absent', 'by'],
  del: ['value', 'value_base64', 'ttl_secs', 'if_absent', 'by'],
  incr: ['value', 'value_base64', 'if_version', 'if_absent'],
  touch: ['value', 'value_base64', 'if_version', 'if_absent', 'by'],
};

/** Checks every item before any of them runs; throws for the first that could never be done. */
export function planBatch(store: CacheStore, ns: string | undefined, items: readonly BatchItem[]): Step[] {
  return items.map((item, at) => {
    const path = `/ops/${at}`;
    const fail = (field: string, why: string) => new ZdError('bad_args', `${path}/${field}: ${why}`, { path: `${path}/${field}` });
    const space = item.ns ?? ns;
    if (space === undefined) throw fail('ns', 'missing, here or at the top');
    if (item.ns !== undefined && !isName(item.ns)) throw fail('ns', 'expected 1 to 256 characters without control characters');
    for (const field of FOREIGN[item.op]) if (item[field] !== undefined) throw fail(field, `not a field of ${item.op}`);
    if (item.op === 'put') {
      if (item.if_version !== undefined && item.if_absent) throw fail('if_absent', 'cannot be combined with if_version');
      const encoded = encodeValue(item.value, item.value_base64, path);
      store.checkPut({ ns: space, key: item.key, value: encoded }, path);
      return { ns: space, item, encoded };
    }
    checkNames(space, item.key, path);
    if (item.op === 'incr') {
      store.checkKey(space, item.key, path);
      if (item.by !== undefined && !Number.isSafeInteger(item.by)) throw fail('by', 'expected an integer within ±(2^53 − 1)');
    }
    if (item.op === 'touch' && item.ttl_secs === undefined) throw fail('ttl_secs', 'missing; null lifts the limit');
    return { ns: space, item, encoded: null };
  });
}

/** Runs a plan in one transaction, in order. */
export async function runBatch(store: CacheStore, steps: readonly Step[]): Promise<BatchResult[]> {
  const { results, reads } = await store.write((changes) => {
    const reads: Read[] = [];
    return { results: steps.map((step) => runStep(store, step, changes, reads)), reads };
  });
  for (const read of reads) store.noteRead(read.ns, read.id, read.counts);
  return results;
}

function runStep(store: CacheStore, step: Step, changes: Changes, reads: Read[]): BatchResult {
  const { ns, item } = step;
  const { key } = item;
  const { writer } = store;
  if (item.op === 'put') {
    const result = writer.put(
      { ns, key, value: step.encoded!, ttlSecs: item.ttl_secs, ifVersion: item.if_version, ifAbsent: item.if_absent },
      changes,
    );
    return result instanceof ZdError ? refusal(result) : { ok: true, version: result.version, expires_at: wireTime(result.expiresAt) };
  }
  if (item.op === 'get') {
    const entry = store.peek(ns, key);
    reads.push({ ns, id: entry?.id ?? null, counts: true });
    return entry
      ? { ok: true, ...decodeValue(entry.type, entry.value), version: entry.version, expires_at: wireTime(entry.expires_at) }
      : refusal(missing(ns, key));
  }
  if (item.op === 'del') {
    const deleted = writer.del(ns, key, item.if_version, changes);
    return deleted instanceof ZdError ? refusal(deleted) : { ok: true, deleted };
  }
  if (item.op === 'incr') {
    const result = writer.incr(ns, key, item.by ?? 1, item.ttl_secs ?? undefined, changes);
    return result instanceof ZdError
      ? refusal(result)
      : { ok: true, value: result.value, version: result.version, expires_at: wireTime(result.expiresAt) };
  }
  const result = writer.touch(ns, key, item.ttl_secs ?? null);
  if (result instanceof ZdError) return refusal(result);
  reads.push({ ns, id: result.id, counts: false });
  return { ok: true, version: result.version, expires_at: wireTime(result.expiresAt) };
}

const refusal = (error: ZdError): BatchResult => ({ ok: false, code: error.code, msg: error.message });

/** The rule of `Name`, by hand. */
function isName(text: string): boolean {
  return text.length > 0 && text.length <= 256 && !/[\u0000-\u001f\u007f]/.test(text);
}
