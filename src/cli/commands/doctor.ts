import { ClientError } from '../../client/error';
import { EXIT } from '../../kernel/code_info';
import { command, type Invocation } from '../command';

interface Check {
  readonly name: string;
  readonly status: 'ok' | 'warn' | 'fail';
  readonly detail: string;
  readonly remedy: string;
}

const COLORS = { ok: 'green', warn: 'yellow', fail: 'red' } as const;

export const doctor = command({
  name: 'doctor',
  summary: 'Check files, databases, listeners and limits, with the remedy for what is wrong (exit 1 when a check fails)',
  run: async (_, invocation) => {
    const { globals, out } = invocation;
    const { text, checks, down } = await examine(invocation);
    const failed = checks.filter(({ status }) => status === 'fail');
    if (globals.json) out.line(text);
    else if (globals.quiet) out.text(failed.map(({ name }) => `${name}\n`).join(''));
    else {
      const paint = await out.paint();
      const width = Math.max(0, ...checks.map(({ name }) => name.length));
      out.line(paint('bold', `zd doctor: ${checks.length - failed.length} passed, ${failed.length} failed (of ${checks.length})`));
      for (const { name, status, detail, remedy } of checks) {
        out.line(`${paint(COLORS[status], status.padEnd(4))}  ${name.padEnd(width)}  ${detail}`);
        if (remedy !== '') out.line(`${' '.repeat(6)}${' '.repeat(width)}  → ${remedy}`);
      }
    }
    if (down) out.note(`zd: ${down.msg}; these are the checks that need none\n${down.hint}`);
    return down ? down.exit : failed.length > 0 ? EXIT.failure : EXIT.ok;
  },
});

interface Findings {
  /** What `--json` prints. */
  readonly text: string;
  readonly checks: readonly Check[];
  /** Why the daemon of this home could not be asked; null when it answered. */
  readonly down: ClientError | null;
}

/** The daemon's own findings; those from outside when it is the daemon of this home and does not run. */
async function examine({ client, env, globals }: Invocation): Promise<Findings> {
  const asked = client();
  try {
    const { text, value } = await asked.send('doctor', '{}', { timeoutMs: globals.timeoutMs });
    return { text, checks: value.checks as Check[], down: null };
  } catch (error) {
    if (!(error instanceof ClientError) || error.code !== 'not_running' || asked.address.kind !== 'unix' || env.ZD_SOCKET) throw error;
    const { runChecksOffline } = await import('../../daemon/doctor');
    const found = await runChecksOffline(env);
    const checks = found.map((check) => ({ ...check, ok: check.status !== 'fail' }));
    const failed = checks.filter(({ ok }) => !ok).length;
    const warned = checks.filter(({ status }) => status === 'warn').length;
    const hint = failed > 0 ? 'Correct what failed, then start it with: zd up' : 'Start it with: zd up';
    const down = new ClientError(error.code, 'the daemon is not running', hint, error.exit);
    const counts = { total: checks.length, passed: checks.length - failed, warned, failed };
    return { text: JSON.stringify({ ok: false, code: down.code, msg: down.msg, hint, checks, ...counts }), checks, down };
  }
}
