import { EXIT } from '../../kernel/code_info';
import { command, UsageError } from '../command';
import { TARGET_ARGS, targetOf } from '../shell_target';
import { writeAll } from '../write';

interface Answer {
  readonly shell_id: number;
  readonly exit_code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export const shellSend = command({
  name: 'shell send',
  summary: 'Send a command to shells that accept them; with --wait print what they answer and return the exit code: zd shell send --tag web -- make',
  args: {
    command: { type: 'positional', many: true, description: 'The command line, as the other shell is to read it' },
    ...TARGET_ARGS,
    wait: { type: 'boolean', alias: 'w', description: 'Wait for the answers' },
    timeout: {
      type: 'string',
      value: 'number',
      minimum: 0,
      valueHint: 'secs',
      description: 'How long to wait, and how long it may wait for a prompt (default 60; exit 124)',
    },
  },
  run: async (args, { client, out, globals, interrupted }) => {
    const words = (args.command as string[] | undefined) ?? [];
    if (words.length === 0) throw new UsageError('missing COMMAND', 'For example: zd shell send --all --wait -- uptime');
    const wait = args.wait === true;
    const input = {
      command: words.join(' '),
      target: targetOf(args),
      wait,
      ...(args.timeout === undefined ? {} : { timeout_ms: Math.round((args.timeout as number) * 1000) }),
    };
    const reply = await client().send('send', JSON.stringify(input), wait ? { signal: interrupted() } : {});
    const {
      delivered_count,
      not_reached,
      refused,
      results = [],
      timed_out,
    } = reply.value as {
      delivered_count: number;
      not_reached: number[];
      refused: number[];
      results?: Answer[];
      timed_out?: boolean;
    };
    if (refused.length > 0) out.note(`zd: not accepted by shell ${refused.join(', ')}`);
    if (not_reached.length > 0) out.note(`zd: not reached: shell ${not_reached.join(', ')}`);
    if (globals.json) out.line(reply.text);
    else if (!wait) out.note(`delivered to ${delivered_count} shell${delivered_count === 1 ? '' : 's'}`);
    else
      for (const { shell_id, stdout, stderr } of results) {
        if (delivered_count > 1) out.note(`== shell ${shell_id}`);
        out.text(stdout);
        if (stderr !== '') writeAll(2, stderr);
      }
    if (!wait) return EXIT.ok;
    if (timed_out) return EXIT.timeout;
    if (results.length < delivered_count || delivered_count === 0) return EXIT.failure;
    return results.find(({ exit_code }) => exit_code !== 0)?.exit_code ?? EXIT.ok;
  },
});
