import { defineOp } from '../../kernel/op';
import { strict, t } from '../../kernel/schema';
import { GRANTED, LockName, Token, WISH, wireGrant } from './schema';

export const renew = defineOp({
  name: 'lock_renew',
  summary: 'Begin the lease of a lock anew, or bind it to another process.',
  description:
    'Without `ttl_secs` the lease keeps its length. A grant that has ended cannot be renewed: `not_held`, and the work it protected must stop.',
  scope: 'lock.write',
  effect: 'write',
  input: strict({
    name: LockName,
    token: Token,
    ttl_secs: WISH.ttl_secs,
    pid: t.Optional(t.Integer({ minimum: 1, maximum: 2_147_483_647, description: 'From now on the lock ends with this process.' })),
  }),
  output: strict(GRANTED),
  errors: ['wrong_token', 'not_held', 'no_such_process'],
  example: { name: 'release', token: 'my own secret token', ttl_secs: 60 },
  exampleSetup: [{ op: 'lock_acquire', input: { name: 'release', token: 'my own secret token', ttl_secs: 30 } }],
  cli: { path: ['lock', 'renew'], positional: ['name', 'token'], rename: { ttl_secs: 'ttl' }, essential: 'expires_at_ns' },
  handle: async ({ locks }, { name, token, ttl_secs, pid }) =>
    wireGrant(locks, name, await locks.renew(name, token, ttl_secs === undefined ? null : ttl_secs * 1000, pid ?? null)),
});
