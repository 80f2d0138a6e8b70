import { requireScope } from '../../kernel/dispatch';
import { defineOp } from '../../kernel/op';
import { strict, t } from '../../kernel/schema';
import { rfc3339 } from './time';

const VERBS = ['status', 'stop', 'restart', 'reload'] as const;
const RESTART_GRACE_MS = 100;

export const daemon = defineOp({
  name: 'daemon',
  summary: 'The daemon itself: status, stop, restart or reload.',
  description:
    'Status needs `meta.read`, the other verbs `meta.admin`. Stop and restart answer first, then drain what is under way. The process that takes over starts when this one is gone, so its pid is not known yet.',
  scope: 'meta.read',
  effect: 'destructive',
  input: strict({ verb: t.Optional(t.String({ default: 'status', maxLength: 32, description: VERBS.join(', ') })) }),
  output: strict({
    pid: t.Optional(t.Integer()),
    uptime_ms: t.Optional(t.Integer()),
    version: t.Optional(t.String()),
    protocol_version: t.Optional(t.Integer()),
    session_count: t.Optional(t.Integer()),
    started_at: t.Optional(t.String()),
    stopping: t.Optional(t.Literal(true)),
    restarting: t.Optional(t.Literal(true)),
    old_pid: t.Optional(t.Integer()),
    new_pid: t.Optional(t.Null()),
    grace_ms: t.Optional(t.Integer()),
    changed: t.Optional(t.Array(t.String())),
    needs_restart: t.Optional(t.Array(t.String())),
    warnings: t.Optional(t.Array(t.String())),
  }),
  errors: ['bad_verb', 'bad_value'],
  cli: { path: ['daemon'], positional: ['verb'] },
  example: { verb: 'status' },
  handle: async ({ lifecycle, metrics }, input, call) => {
    const verb = input.verb ?? 'status';
    if (verb !== 'status') requireScope(call.caller, 'meta.admin');
    switch (verb) {
      case 'status':
        return {
          pid: lifecycle.pid,
          uptime_ms: lifecycle.uptimeMs(),
          version: lifecycle.version,
          protocol_version: lifecycle.protocolVersion,
          session_count: metrics.activeSessions(),
          started_at: rfc3339(lifecycle.startedAt),
        };
      case 'stop':
        lifecycle.stop();
        return { stopping: true as const };
      case 'restart':
        lifecycle.restart();
        return { restarting: true as const, old_pid: lifecycle.pid, new_pid: null, grace_ms: RESTART_GRACE_MS };
      case 'reload': {
        const { changed, needs_restart, warnings } = await lifecycle.reload();
        return { changed: [...changed], needs_restart: [...needs_restart], warnings: [...warnings] };
      }
      default:
        throw call.fail('bad_verb', `"${verb}" is not one of ${VERBS.join(', ')}.`, { path: '/verb' });
    }
  },
});
