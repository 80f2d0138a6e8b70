import { ClientError } from '../client/error';
import type { Args } from './command';

/**
 * Throws a refusal as whoever typed the command knows its parts: the daemon names a field of its input (`/cron_expr: …`), the command line has
 * `--cron` for it, or a place. What else it is, its body too, stays.
 */
export const inWordsOf =
  (args: Args, fields: ReadonlyMap<string, string>) =>
  (error: unknown): never => {
    if (!(error instanceof ClientError)) throw error;
    const [prefix, field, rest] = /^\/([A-Za-z_]\w*)((?:\/[^/:\s]+)*)(?=: )/.exec(error.msg) ?? [];
    const name = [...fields].find(([, each]) => each === field)?.[0];
    if (prefix === undefined || name === undefined) throw error;
    const shown = `${args[name]?.type === 'positional' ? `<${name}>` : `--${name}`}${rest ? ` (${rest.slice(1)})` : ''}`;
    throw new ClientError(error.code, shown + error.msg.slice(prefix.length), error.hint, error.exit, error.body);
  };
