import { constants } from 'node:os';
import { PipeClosed, writeAll } from '../write';

/** Output of one run that is kept; a run that says more is not cached. */
const MOST_BYTES = 16 << 20;

export interface Ran {
  /** As a shell counts: 128 + N for a signal, 127 for a command that is not there, 126 for one that cannot be run. */
  readonly code: number;
  /** Null when there was too much of it to keep. */
  readonly stdout: Uint8Array | null;
  readonly stderr: Uint8Array | null;
}

/** Runs the command with our stdin, passes its output on as it comes, and keeps a copy. */
export async function run(argv: readonly string[], env: Readonly<Record<string, string | undefined>>): Promise<Ran> {
  let child: Bun.Subprocess<'inherit', 'pipe', 'pipe'>;
  try {
    child = Bun.spawn([...argv], { stdin: 'inherit', stdout: 'pipe', stderr: 'pipe', env: { ...env } });
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    writeAll(2, `zd: ${argv[0]}: ${missing ? 'command not found' : ((error as NodeJS.ErrnoException).code ?? String(error))}\n`);
    return { code: missing ? 127 : 126, stdout: null, stderr: null };
  }
  // A terminal sends Ctrl-C to the command as well; what it makes of that is what we answer.
  const ignore = () => {};
  const pass = () => child.kill('SIGTERM');
  process.on('SIGINT', ignore).on('SIGTERM', pass);
  const [stdout, stderr] = await Promise.all([copy(child.stdout, 1), copy(child.stderr, 2)]);
  await child.exited;
  process.off('SIGINT', ignore).off('SIGTERM', pass);
  const signal = child.signalCode === null ? undefined : constants.signals[child.signalCode as keyof typeof constants.signals];
  return { code: signal === undefined ? (child.exitCode ?? 1) : 128 + signal, stdout, stderr };
}

async function copy(from: ReadableStream<Uint8Array>, to: 1 | 2): Promise<Uint8Array | null> {
  const kept: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of from) {
      writeAll(to, chunk);
      bytes += chunk.length;
      if (bytes <= MOST_BYTES) kept.push(chunk);
      else kept.length = 0;
    }
  } catch (error) {
    // Nobody reads our output any more: the command learns it at its next write, as it would without us.
    if (!(error instanceof PipeClosed)) throw error;
    return null;
  }
  return bytes <= MOST_BYTES ? Buffer.concat(kept) : null;
}
