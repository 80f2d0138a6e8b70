import { defineOp } from '../../kernel/op';
import { strict, t } from '../../kernel/schema';
import './service';

const ENDED = ['done', 'dead', 'aborted'] as const;

export const meshOutboxPrune = defineOp({
  name: 'mesh_outbox_prune',
  summary: 'Wipe the content of messages that ended. Key, fingerprint and outcome stay, so that no key is used twice.',
  scope: 'mesh.write',
  effect: 'destructive',
  input: strict({
    older_than_secs: t.Optional(t.Integer({ minimum: 0, maximum: 3_153_600_000, default: 0 })),
    statuses: t.Optional(t.Array(t.Union(ENDED.map((each) => t.Literal(each))), { minItems: 1, maxItems: 3 })),
  }),
  output: strict({ pruned: t.Integer({ minimum: 0 }) }),
  errors: [],
  cli: { path: ['outbox', 'prune'], essential: 'pruned' },
  example: { older_than_secs: 86_400 },
  handle: async ({ mesh, clock }, { older_than_secs = 0, statuses = ENDED }) => ({
    pruned: await mesh.outbox.prune(statuses, clock.now() - older_than_secs * 1000 + (older_than_secs === 0 ? 1 : 0)),
  }),
});
