import type { Sink } from '../kernel/log';

/** For `--foreground`: the log for a person, on stderr. */
export async function prettyLog(): Promise<Sink> {
  const { createConsola } = await import('consola');
  const out = createConsola({ level: 4, stdout: process.stderr, stderr: process.stderr });
  return {
    write: (level, line) => {
      const { msg, ts: _ts, level: _level, ...fields } = JSON.parse(line) as Record<string, unknown>;
      const rest = Object.entries(fields).map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
      out[level]([String(msg), ...rest].join(' '));
    },
  };
}
