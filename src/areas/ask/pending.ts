import { defineOp } from '../../kernel/op';
import { strict, t } from '../../kernel/schema';
import { queueOf } from './queue';
import { RequestId } from './schema';
import './service';

export const pending = defineOp({
  name: 'ask_pending',
  summary: 'List what waits for the user of a shell: the most urgent first, then the oldest.',
  description: 'The queue of another shell needs the scope `ask.admin`.',
  scope: 'ask.read',
  effect: 'read',
  input: strict({ shell_id: t.Optional(t.Integer({ minimum: 1, description: 'By default the shell whose call this is.' })) }),
  output: strict({
    shell_id: t.Integer(),
    pending_count: t.Integer({ minimum: 0 }),
    requests: t.Array(
      strict({
        request_id: RequestId,
        kind: t.String(),
        from_shell: t.Integer({ minimum: 0 }),
        urgency: t.String(),
        summary: t.String(),
        age_ms: t.Integer({ minimum: 0 }),
      }),
    ),
  }),
  errors: ['no_shell'],
  cli: {
    path: ['ask', 'pending'],
    rename: { shell_id: 'shell' },
    table: { rows: 'requests', columns: ['request_id', 'kind', 'urgency', 'from_shell', 'age_ms', 'summary'] },
  },
  example: { shell_id: 1 },
  exampleSetup: [{ op: 'register', input: { shell_pid: 1, shell_key: 'the key of an example' } }],
  handle: (services, { shell_id }, call) => {
    const shell = queueOf(services, shell_id, call);
    const now = services.clock.now();
    const requests = services.asks.pending(shell).map(({ number, kind, fromShell, urgency, payload, createdAt }) => ({
      ...{ request_id: `ask-${number}`, kind, from_shell: fromShell, urgency },
      summary: summaryOf(payload),
      age_ms: Math.max(0, now - createdAt),
    }));
    return { shell_id: shell, pending_count: requests.length, requests };
  },
});

const MAX_SUMMARY = 200;

function summaryOf(payload: unknown): string {
  const { prompt, message, items, label, percent } = (typeof payload === 'object' && payload !== null ? payload : {}) as Record<string, unknown>;
  const state = [label, typeof percent === 'number' ? `${percent}%` : null].filter((each) => each != null).join(' ');
  const said = [prompt, message, state === '' ? null : state].find((each) => typeof each === 'string');
  if (said === undefined && Array.isArray(items)) return `${items.length} items`;
  return String(said ?? JSON.stringify(payload)).slice(0, MAX_SUMMARY);
}
