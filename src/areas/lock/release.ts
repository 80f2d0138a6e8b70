import { defineOp } from '../../kernel/op';
import { nullable, strict, t } from '../../kernel/schema';
import { LockName, Token } from './schema';

export const release = defineOp({
  name: 'lock_release',
  summary: 'Release a lock with the token of its grant.',
  description:
    'The first in line gets it at once. `released` is false when nobody holds it; `lost` then says how this grant ended, as far as it is remembered. While somebody else holds it the answer is `wrong_token`, with the same `lost`.',
  scope: 'lock.write',
  effect: 'write',
  input: strict({ name: LockName, token: Token }),
  output: strict({
    name: t.String(),
    released: t.Boolean(),
    lost: nullable(t.Union([t.Literal('expired'), t.Literal('process_ended'), t.Literal('broken')])),
  }),
  errors: ['wrong_token'],
  cli: { path: ['lock', 'release'], positional: ['name', 'token'], essential: 'released' },
  example: { name: 'nobody holds this', token: '42' },
  handle: async ({ locks }, { name, token }) => ({ name, ...(await locks.release(name, token)) }),
});
