import { defineOp } from '../../kernel/op';
import { strict, t } from '../../kernel/schema';

const Counts = t.Record(t.String(), t.Integer());

export const metrics = defineOp({
  name: 'metrics',
  summary: 'The counters of this run as JSON; /metrics has them as Prometheus text.',
  description: 'The call itself is counted after its reply is made.',
  scope: 'meta.read',
  effect: 'read',
  input: strict({}),
  output: strict({
    uptime_seconds: t.Integer(),
    canonical_rows: t.Integer(),
    active_sessions: t.Integer(),
    active_subscriptions: t.Integer(),
    active_locks: t.Integer(),
    recorder_events_total: t.Integer(),
    op_total: Counts,
    op_failures_total: Counts,
    http_total: t.Array(strict({ path: t.String(), code: t.Integer(), count: t.Integer() })),
  }),
  errors: [],
  cli: { path: ['metrics'] },
  example: {},
  handle: ({ lifecycle, metrics: counted }) => ({
    uptime_seconds: Math.floor(lifecycle.uptimeMs() / 1000),
    canonical_rows: counted.canonicalRows(),
    active_sessions: counted.activeSessions(),
    active_subscriptions: counted.activeSubscriptions(),
    active_locks: counted.activeLocks(),
    recorder_events_total: counted.recorderEvents(),
    op_total: { ...counted.opTotal() },
    op_failures_total: { ...counted.opFailures() },
    http_total: [...counted.httpTotal()],
  }),
});
