import { nanos } from '../../kernel/clock';
import { defineOp } from '../../kernel/op';
import { Nanos, strict, t } from '../../kernel/schema';

export const ping = defineOp({
  name: 'ping',
  summary: 'Ask whether the daemon answers; `echo` comes back as it was sent.',
  scope: 'meta.read',
  effect: 'read',
  input: strict({ echo: t.Optional(t.Unknown()) }),
  output: strict({ pong: t.Literal(true), ts_ns: Nanos, daemon_uptime_ms: t.Integer(), echo: t.Unknown() }),
  errors: [],
  cli: { path: ['ping'], positional: ['echo'], json: ['echo'] },
  example: { echo: 'hello' },
  handle: ({ clock, lifecycle }, input) => ({
    pong: true as const,
    ts_ns: nanos(clock.now()),
    daemon_uptime_ms: lifecycle.uptimeMs(),
    echo: input.echo ?? null,
  }),
});
