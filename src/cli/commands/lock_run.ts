import { acquireLock, type LockWish } from '../../client/lock';
import type { Client, Reply } from '../../client/client';
import { ClientError } from '../../client/error';
import { command, UsageError, type Invocation } from '../command';
import { GatedCommand } from '../gated_command';
import { LOCK_ARGS, timeoutOf, WAIT_ARGS, wishOf } from './lock_acquire';

/** How long a release is tried for. Later the daemon finds by itself that the command has ended. */
const RELEASE_MS = 2_000;

/**
 * The command's process exists before the lock is asked for, and waits at a gate: so the lock is bound to it, not to zd, from the grant on.
 * Whatever dies, and whenever, the command never runs without the lock, and the lock never outlives the command.
 */
export const lockRun = command({
  name: 'lock run',
  summary: 'Run a command while holding a lock, and return its exit code: zd lock run NAME -- COMMAND…',
  args: {
    ...LOCK_ARGS,
    command: { type: 'positional', many: true, description: 'The command and its arguments; ZD_LOCK_NAME, _FENCE and _TOKEN are in its environment' },
    ...WAIT_ARGS,
  },
  run: async (args, invocation) => {
    const argv = (args.command as string[] | undefined) ?? [];
    if (argv.length === 0) throw new UsageError('missing COMMAND', 'For example: zd lock run deploy -- ./deploy.sh');
    const wish = wishOf(args);
    const client = invocation.client();
    const gated = GatedCommand.spawn(argv, { ...invocation.env, ZD_LOCK_NAME: wish.name });
    try {
      const reply = await waitFor(
        client,
        { ...wish, pid: gated.pid, owner: wish.owner ?? argv[0]!.slice(argv[0]!.lastIndexOf('/') + 1) },
        timeoutOf(args),
        gated,
        invocation,
      );
      if (reply === null) return await gated.ended;
      const { fence, token } = reply.value as { fence: number; token: string };
      gated.open({ ZD_LOCK_FENCE: String(fence), ZD_LOCK_TOKEN: token });
      const code = await gated.ended;
      await release(client, wish.name, token, invocation);
      return code;
    } finally {
      gated.close();
    }
  },
});

/**
 * The grant; null when the process at the gate was ended by somebody meanwhile. When the wait ends otherwise zd ends too, and the
 * connection that closes takes the request out of the line: no signal is needed for it, which would cost start time.
 */
function waitFor(client: Client, wish: LockWish, timeoutMs: number, gated: GatedCommand, { out }: Invocation): Promise<Reply | null> {
  const granted = acquireLock(client, wish, { timeoutMs, onBreak: () => out.note('zd: the daemon went away; waiting for it') });
  const interrupted = gated.takeSignals();
  return Promise.race([granted, gated.ended.then(() => null), interrupted]);
}

async function release(client: Client, name: string, token: string, { out }: Invocation): Promise<void> {
  try {
    const late = Bun.sleep(RELEASE_MS).then(() => {
      throw new ClientError('timeout', `no answer within ${RELEASE_MS / 1000} s`, '', 124);
    });
    const { value } = await Promise.race([client.send('lock_release', JSON.stringify({ name, token })), late]);
    if (value.released === false) tell(value.lost, out);
  } catch (error) {
    if (error instanceof ClientError && error.code === 'wrong_token') return tell((JSON.parse(error.body ?? '{}') as { lost?: unknown }).lost, out);
    const why = error instanceof ClientError ? error.msg : String(error);
    out.note(`zd: the lock could not be released (${why}); it ends with the command's process`);
  }
}

/** The daemon may see the command end before zd does, and give the lock to the next one: that is no loss. */
function tell(lost: unknown, out: Invocation['out']): void {
  if (lost !== 'process_ended') out.note(`zd: the lock was lost while the command ran (${String(lost ?? 'somebody else has it')})`);
}
