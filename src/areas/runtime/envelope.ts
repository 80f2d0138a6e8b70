import type { EventDraft } from '../../kernel/context';
import type { Family } from './families';
import type { Block } from './metadata';
import { ulid } from '../../kernel/ids';

export interface Envelope {
  readonly family: Family;
  readonly kind: string;
  readonly profile: string;
  readonly runtime: Block;
  readonly payload: Readonly<Record<string, unknown>>;
}

/** What tells of it in the log; also the kind that streams choose by. */
export const KIND = 'runtime';
/** What only the caller may learn, never who reads events. */
const SECRETS = ['lease_token'];

/** A runtime event as a draft of the log. `maxBytes` bounds the payload. */
export function runtimeEvent({ family, kind, profile, runtime, payload }: Envelope, now: number, maxBytes: number): EventDraft {
  const { runtime: _, ...told }: Record<string, unknown> = payload;
  for (const secret of SECRETS) delete told[secret];
  const data = { event_id: ulid(now), family, kind, profile, timestamp: new Date(now).toISOString(), runtime, payload: bounded(told, maxBytes) };
  return { kind: KIND, scope: KIND, topic: family, source: KIND, data };
}

/** Members that are too large together are left out, the largest first; each leaves a mark with its size, and `truncated` names them. */
export function bounded(payload: Readonly<Record<string, unknown>>, maxBytes: number): Readonly<Record<string, unknown>> {
  const sizes = Object.entries(payload).map(([name, value]) => ({ name, bytes: Buffer.byteLength(JSON.stringify(value ?? null)) }));
  let total = sizes.reduce((sum, { name, bytes }) => sum + name.length + bytes, 0);
  if (total <= maxBytes) return payload;
  const kept: Record<string, unknown> = { ...payload };
  const truncated: string[] = [];
  for (const { name, bytes } of sizes.toSorted((a, b) => b.bytes - a.bytes)) {
    if (total <= maxBytes) break;
    kept[name] = { truncated: true, bytes };
    truncated.push(name);
    total -= bytes;
  }
  return { ...kept, truncated };
}

/** The profile an event is told under: what the result says, else what was asked with. */
export function profileOf(result: Readonly<Record<string, unknown>>, asked: string | undefined): string {
  return typeof result.profile === 'string' ? result.profile : (asked ?? 'unknown');
}
