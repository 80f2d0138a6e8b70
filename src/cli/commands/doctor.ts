import { EXIT } from '../../kernel/codes';
import { command } from '../command';

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
  run: async (_, { client, globals, out }) => {
    const { text, value } = await client().send('doctor', '{}', { timeoutMs: globals.timeoutMs });
    const checks = value.checks as Check[];
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
    return failed.length > 0 ? EXIT.failure : EXIT.ok;
  },
});
