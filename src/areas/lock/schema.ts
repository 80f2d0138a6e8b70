import { nanos } from '../../kernel/clock';
import { Nanos, nullable, t } from '../../kernel/schema';
import type { Holder, Wish } from './model';
import type { LockService } from './service';

export const LockName = t.String({
  minLength: 1,
  maxLength: 256,
  pattern: '^[^\\u0000-\\u001f\\u007f]+$',
  description: 'Any text without control characters, for example `deploy` or `repo/main.lock`.',
});

export const Token = t.String({ minLength: 1, maxLength: 128, description: 'What the grant came with. Opaque; keep it as text.' });

export const Fence = t.Integer({ minimum: 1, description: 'Fencing number: greater than that of every earlier grant, also across restarts.' });

/** What both ways to acquire take. */
export const WISH = {
  pid: t.Optional(
    t.Integer({
      minimum: 0,
      maximum: 2_147_483_647,
      description: 'The lock ends with this process, told apart from later ones by its start; 0 is none.',
    }),
  ),
  ttl_secs: t.Optional(
    t.Integer({
      minimum: 1,
      maximum: 3_153_600_000,
      description: 'The lock ends when it is not renewed for so long. Without it and without pid: locks.default_ttl_secs.',
    }),
  ),
  shared: t.Optional(t.Boolean({ description: 'Together with other shared holders; alone otherwise.' })),
  slots: t.Optional(
    t.Integer({ minimum: 1, maximum: 100_000, description: 'A semaphore: up to this many holders at once. All must give the same number.' }),
  ),
  owner: t.Optional(t.String({ maxLength: 256, description: 'Who this is, for others to read.' })),
  token: t.Optional(
    t.String({
      minLength: 16,
      maxLength: 128,
      description:
        'A secret of your own instead of one from zd. Asked again with it, when a reply was lost, you get the same grant or place in line.',
    }),
  ),
};

/** What is told of a grant everywhere. */
const GRANT = {
  fence: Fence,
  holder_pid: t.Integer({ minimum: 0, description: 'The process it ends with; 0 when it has only a lease.' }),
  owner: nullable(t.String()),
  shared: t.Boolean(),
  slots: nullable(t.Integer({ description: 'Of a semaphore: how many may hold it at once.' })),
  acquired_at_ns: Nanos,
  expires_at_ns: nullable(Nanos),
};

export const GRANTED = { name: t.String(), token: Token, ...GRANT, waited_ns: t.Integer({ minimum: 0 }) };

export const HELD = {
  ...GRANT,
  alive: t.Boolean({ description: 'False for the moment between the end of its process or lease and its removal.' }),
  age_ns: t.Integer({ minimum: 0 }),
};

export function wireHolder(locks: LockService, holder: Holder) {
  const { fence, process, owner, shared, slots, acquiredAt } = holder;
  return {
    fence,
    holder_pid: process?.pid ?? 0,
    owner,
    shared,
    slots,
    acquired_at_ns: nanos(acquiredAt),
    expires_at_ns: wireTime(locks.expiresAt(holder)),
  };
}

export const wireGrant = (locks: LockService, name: string, holder: Holder) => ({
  name,
  token: holder.token,
  ...wireHolder(locks, holder),
  waited_ns: nanos(holder.waitedMs),
});

export const wireHeld = (locks: LockService, holder: Holder, now: number) => ({
  ...wireHolder(locks, holder),
  alive: locks.isAlive(holder),
  age_ns: nanos(Math.max(0, now - holder.acquiredAt)),
});

export const wireTime = (ms: number | null): number | null => (ms === null ? null : nanos(ms));

interface WireWish {
  readonly name: string;
  readonly pid?: number;
  readonly ttl_secs?: number;
  readonly shared?: boolean;
  readonly slots?: number;
  readonly owner?: string;
  readonly token?: string;
}

/** The request of an op's input; a wish that contradicts itself is refused by the op before. */
export const wishOf = ({
  name,
  pid,
  ttl_secs,
  shared = false,
  slots,
  owner,
  token,
}: WireWish): Pick<Wish, 'shared' | 'slots' | 'owner' | 'ttlMs'> & {
  name: string;
  pid: number | null;
  token: string | null;
} => ({
  name,
  shared,
  slots: slots ?? null,
  owner: owner === undefined || owner === '' ? null : owner.toWellFormed(),
  ttlMs: ttl_secs === undefined ? null : ttl_secs * 1000,
  pid: pid ?? null,
  token: token ?? null,
});
