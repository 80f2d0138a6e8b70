import { acquireLock, type LockWish } from '../../client/lock';
import { EXIT } from '../../kernel/code_info';
import { command, UsageError, type Args, type Invocation, type Parsed } from '../command';

/** What every command that acquires takes. */
export const LOCK_ARGS: Args = {
  name: { type: 'positional', description: 'Any text without control characters, for example deploy or repo/main' },
  shared: { type: 'boolean', description: 'Together with other shared holders' },
  slots: { type: 'string', value: 'integer', minimum: 1, maximum: 100_000, valueHint: 'n', description: 'A semaphore: up to n holders at once' },
  owner: { type: 'string', valueHint: 'text', description: 'Who this is, for others to read' },
};

export const WAIT_ARGS: Args = {
  timeout: {
    type: 'string',
    value: 'number',
    minimum: 0,
    valueHint: 'secs',
    description: 'Give up after this many seconds (exit 124); 0 does not wait (exit 6)',
  },
};

const BIND_ARGS: Args = {
  pid: {
    type: 'string',
    value: 'integer',
    minimum: 0,
    valueHint: 'pid',
    description: 'The process the lock ends with: by default whoever runs zd, your shell. 0: none, a lease only',
  },
  ttl: { type: 'string', value: 'integer', minimum: 1, valueHint: 'secs', description: 'It also ends when it is not renewed for so long' },
};

export function wishOf(args: Parsed): LockWish {
  if (args.shared === true && args.slots !== undefined) throw new UsageError('--shared and --slots cannot be combined');
  return {
    name: args.name as string,
    ...(args.shared === true ? { shared: true } : {}),
    ...(args.slots === undefined ? {} : { slots: args.slots as number }),
    ...(args.owner === undefined ? {} : { owner: args.owner as string }),
  };
}

/** Milliseconds to wait; Infinity without the flag. */
export const timeoutOf = ({ timeout }: Parsed): number => (timeout === undefined ? Infinity : (timeout as number) * 1000);

async function acquire(args: Parsed, timeoutMs: number, { client, out, interrupted }: Invocation): Promise<number> {
  // An orphan's parent is pid 1, which never ends: such a lock would stay for ever.
  const parent = process.ppid > 1 ? process.ppid : 0;
  const pid = (args.pid as number | undefined) ?? parent;
  const ttl = args.ttl === undefined ? {} : { ttl_secs: args.ttl as number };
  const reply = await acquireLock(
    client(),
    { ...wishOf(args), ...(pid === 0 ? {} : { pid }), ...ttl },
    { timeoutMs, signal: timeoutMs === 0 ? undefined : interrupted(), onBreak: () => out.note('zd: the daemon went away; waiting for it') },
  );
  await out.reply(reply, { essential: 'token' });
  return EXIT.ok;
}

export const lockAcquire = command({
  name: 'lock acquire',
  summary: 'Acquire a lock for this shell, waiting in line; prints the token to release it with. It ends with the shell',
  args: { ...LOCK_ARGS, ...WAIT_ARGS, ...BIND_ARGS },
  run: (args, invocation) => acquire(args, timeoutOf(args), invocation),
});

export const lockTry = command({
  name: 'lock try',
  summary: 'Acquire a lock for this shell now or not at all (exit 6)',
  args: { ...LOCK_ARGS, ...BIND_ARGS },
  run: (args, invocation) => acquire(args, 0, invocation),
});
