import { nanos } from '../../kernel/clock';
import { defineOp } from '../../kernel/op';
import { Nanos, strict, t } from '../../kernel/schema';

export const doctor = defineOp({
  name: 'doctor',
  summary: 'Check files, databases, listeners, limits and configuration, with the remedy for what is wrong.',
  scope: 'meta.read',
  effect: 'read',
  input: strict({}),
  output: strict({
    checks: t.Array(
      strict({
        name: t.String(),
        status: t.Union([t.Literal('ok'), t.Literal('warn'), t.Literal('fail')]),
        ok: t.Boolean({ description: 'False only for `fail`.' }),
        detail: t.String(),
        remedy: t.String({ description: 'What to do; empty when all is well.' }),
      }),
    ),
    total: t.Integer(),
    passed: t.Integer({ description: 'Checks that did not fail.' }),
    warned: t.Integer(),
    failed: t.Integer(),
    ts_ns: Nanos,
  }),
  errors: [],
  example: {},
  handle: async ({ lifecycle, clock }) => {
    const checks = (await lifecycle.doctor()).map((check) => ({ ...check, ok: check.status !== 'fail' }));
    const failed = checks.filter((check) => !check.ok).length;
    const warned = checks.filter((check) => check.status === 'warn').length;
    return { checks, total: checks.length, passed: checks.length - failed, warned, failed, ts_ns: nanos(clock.now()) };
  },
});
