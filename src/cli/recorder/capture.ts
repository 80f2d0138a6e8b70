import { ClientError } from '../../client/error';
import { EXIT } from '../../kernel/code_info';
import bash from './record.bash' with { type: 'text' };
import fish from './record.fish' with { type: 'text' };
import zsh from './record.zsh' with { type: 'text' };
import { decodeFrames, type Frame } from './frames';

export type ShellName = 'bash' | 'zsh' | 'fish';

export interface Captured {
  readonly frames: readonly Frame[];
  readonly startedAt: number;
  readonly finishedAt: number;
  readonly cmdline: string;
}

/** The descriptor the shell writes to: configurations use 3 and 9 for their own, and print to 1 and 2. */
const FD = 7;
/** More than a bundle may have. */
const MOST_BYTES = 48 << 20;
/** How long what a shell wrote may take to arrive once the shell has ended. */
const DRAIN_MS = 5000;

/** zsh reads all of its argument before it runs any of it; what is to be read without the aliases of the configuration comes in a variable. */
const MAIN: Readonly<Record<ShellName, { readonly flags: readonly string[]; readonly main: string; readonly script: string | null }>> = {
  bash: { flags: ['-l', '-i', '-c'], main: bash, script: null },
  zsh: {
    flags: ['-l', '-i', '-c'],
    main: `__zd_aliases=\${options[aliases]}; 'builtin' 'unsetopt' 'aliases'; 'builtin' 'eval' "$ZD_RECORD_SCRIPT"`,
    script: zsh,
  },
  fish: { flags: ['--login', '--interactive', '--command'], main: fish, script: null },
};

/** What a login gives its shell; the rest of our environment is that of this terminal, and no definition. */
const INHERITED = /^(?:HOME|USER|LOGNAME|SHELL|PATH|TERM|LANG|LANGUAGE|LC_\w+|TZ|TMPDIR|ZDOTDIR|XDG_\w+)$/;

/**
 * Starts a login shell with the user's configuration, in a session of its own without terminal and input, and reads what it tells of itself. What
 * the configuration prints goes nowhere. However it ends, every process of its group is gone afterwards.
 */
export async function capture(
  shell: ShellName,
  program: string,
  env: Readonly<Record<string, string | undefined>>,
  timeoutMs: number,
  interrupted: AbortSignal,
): Promise<Captured> {
  const nonce = crypto.randomUUID();
  const { flags, main, script } = MAIN[shell];
  const own = Object.fromEntries(Object.entries(env).filter(([name]) => INHERITED.test(name)));
  const startedAt = Date.now();
  const child = Bun.spawn([program, ...flags, main], {
    env: { TERM: 'dumb', ...own, ZD_RECORD_NONCE: nonce, ...(script === null ? {} : { ZD_RECORD_SCRIPT: script }) },
    cwd: own.HOME ?? '/',
    stdio: ['ignore', 'ignore', 'pipe', 'ignore', 'ignore', 'ignore', 'ignore', 'pipe'],
    detached: true,
  });
  const killGroup = () => {
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch {
      // It is gone.
    }
  };
  const stop = Promise.withResolvers<'timeout' | 'interrupted'>();
  const timer = setTimeout(() => stop.resolve('timeout'), timeoutMs);
  const interrupt = () => stop.resolve('interrupted');
  interrupted.addEventListener('abort', interrupt, { once: true });
  const complaints = tail(child.stderr as ReadableStream<Uint8Array>);
  const out = Bun.file(child.stdio[FD] as number)
    .stream()
    .getReader();
  try {
    const ended = child.exited.then(() => Bun.sleep(DRAIN_MS)).then(() => 'ended' as const);
    const text = await Promise.race([readAll(out, nonce), stop.promise, ended]);
    if (text === 'timeout')
      throw failure('timeout', `${shell} did not get through its configuration within ${timeoutMs / 1000} s`, complaints(), EXIT.timeout);
    if (text === 'interrupted') throw new ClientError('interrupted', 'interrupted', '', EXIT.interrupted);
    if (text === 'too much') throw failure('record_failed', `${shell} defines more than ${MOST_BYTES >> 20} MiB`, [], EXIT.failure);
    const frames = text === 'ended' || text === null ? null : decodeFrames(text, nonce);
    const old = frames?.find(({ what }) => what === 'unsupported');
    if (old)
      throw new ClientError(
        'record_failed',
        `${program} is ${shell} ${old.values[0]}, and cannot tell what it defines`,
        `Name one from ${old.values[1]} on with --program`,
        EXIT.failure,
      );
    if (frames) return { frames, startedAt, finishedAt: Date.now(), cmdline: [program, ...flags].join(' ') };
    const code = await child.exited;
    const how = child.signalCode ? `was ended by ${child.signalCode}` : `ended with ${code}`;
    throw failure(
      'record_failed',
      `${shell} ${how} before it told what it defines; its configuration may exit, or start another program`,
      complaints(),
      EXIT.failure,
    );
  } finally {
    clearTimeout(timer);
    interrupted.removeEventListener('abort', interrupt);
    killGroup();
    void out.cancel().catch(() => {});
  }
}

function failure(code: string, what: string, complaints: readonly string[], exit: number): ClientError {
  const said = complaints.length === 0 ? '' : `. It said: ${complaints.join(' / ')}`;
  return new ClientError(code, what + said, 'Nothing was recorded; try that shell with -l -i yourself', exit);
}

/** All the shell wrote, up to its last word; null when it ended without. */
async function readAll(from: { read(): Promise<{ readonly value?: Uint8Array }> }, nonce: string): Promise<Buffer | null | 'too much'> {
  const end = Buffer.from(`\0end\0${nonce}\0`);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  let last = Buffer.alloc(0);
  for (;;) {
    const { value: chunk } = await from.read();
    if (!chunk) return null;
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > MOST_BYTES) return 'too much';
    // A background process of the configuration may hold the descriptor open for ever, so its end is not waited for.
    last = Buffer.concat([last, chunk]).subarray(-end.length);
    if (last.equals(end)) return Buffer.concat(chunks);
  }
}

/** Keeps the last lines of a stream nobody else reads. */
function tail(stream: ReadableStream<Uint8Array>): () => readonly string[] {
  let text = '';
  const decoder = new TextDecoder();
  void (async () => {
    for await (const chunk of stream) text = (text + decoder.decode(chunk, { stream: true })).slice(-4096);
  })().catch(() => {});
  const noise = /cannot set terminal process group|no job control in this shell/;
  return () =>
    text
      .split('\n')
      .map((line) => line.replace(/\p{Cc}/gu, '').trim())
      .filter((line) => line !== '' && !noise.test(line))
      .slice(-3);
}
