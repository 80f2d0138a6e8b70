import { closeSync, constants, existsSync, fstatSync, openSync, readSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readRecord } from '../client/address';
import { Client } from '../client/client';
import { ClientError } from '../client/error';
import type { DaemonRecord, Env, Paths } from '../daemon/paths';
import { EXIT } from '../kernel/code_info';

/** The daemon of this home over its own socket, whatever address `ZD_URL` and `ZD_SOCKET` name for other commands. */
export const ownDaemon = (paths: Paths): Client => new Client({ kind: 'unix', socket: readRecord(paths)?.socket ?? paths.socket });

const PROBE_MS = 2_000;
export const POLL_MS = 10;

/** Whether the daemon of this home answers now. */
export async function answers(paths: Paths): Promise<boolean> {
  return ownDaemon(paths)
    .json('/health', { timeoutMs: PROBE_MS })
    .then(
      () => true,
      () => false,
    );
}

/** Starts a daemon in the background and returns when it, or another one that was quicker, answers. */
export async function launch(paths: Paths, env: Env, timeoutMs: number): Promise<DaemonRecord> {
  const until = performance.now() + timeoutMs;
  for (;;) {
    const outcome = await spawnDaemon(paths, env);
    if (outcome.event === 'failed')
      throw new ClientError(
        'start_failed',
        `the daemon did not start: ${outcome.message}`,
        existsSync(paths.logFile) ? `More may be in ${paths.logFile}` : '',
        outcome.exit,
      );
    // Another one has the lock: it will answer soon, or it is about to end and the lock is free again.
    const patience = Math.min(until, performance.now() + (outcome.event === 'ready' ? Infinity : 1_000));
    while (performance.now() < patience) {
      const record = readRecord(paths);
      if (record && (await answers(paths))) return record;
      await Bun.sleep(POLL_MS);
    }
    if (performance.now() >= until)
      throw new ClientError('timeout', `the daemon did not answer within ${timeoutMs / 1000} s`, `See ${paths.logFile}`, EXIT.timeout);
  }
}

type Outcome = { readonly event: 'ready' | 'already_running' } | { readonly event: 'failed'; readonly message: string; readonly exit: number };

/** One start. The daemon says on stdout how it went and lets go of that pipe; its stderr goes to a file without a name, which cannot break. */
async function spawnDaemon(paths: Paths, env: Env): Promise<Outcome> {
  const name = join(tmpdir(), `zd-start-${process.pid}-${Date.now()}`);
  const stderr = openSync(name, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, 0o600);
  unlinkSync(name);
  try {
    const child = Bun.spawn([...ownProgram(), '__daemon'], {
      env: daemonEnv(paths, env),
      cwd: '/',
      stdio: ['ignore', 'pipe', stderr],
      detached: true,
    });
    child.unref();
    const line = await firstLine(child.stdout);
    if (line !== '') {
      const said = JSON.parse(line) as { event: 'ready' | 'already_running' | 'failed'; message?: string };
      if (said.event !== 'failed') return { event: said.event };
      return { event: 'failed', message: said.message ?? 'no reason given', exit: (await child.exited) || EXIT.failure };
    }
    const code = await child.exited;
    return {
      event: 'failed',
      message: readBack(stderr) || `it ended with ${child.signalCode ?? `exit code ${code}`} and said nothing`,
      exit: EXIT.failure,
    };
  } finally {
    closeSync(stderr);
  }
}

/** The running program once more: a compiled binary is its own entry, a source run needs the script. */
const ownProgram = (): string[] => (Bun.isStandaloneExecutable ? [process.execPath] : [process.execPath, Bun.main]);

/** Left out: what would turn the binary into another program, and what says how clients reach a daemon. */
function daemonEnv(paths: Paths, env: Env): Record<string, string> {
  const { BUN_OPTIONS: _1, BUN_BE_BUN: _2, ZD_URL: _3, ZD_TOKEN: _4, ZD_TOKEN_FILE: _5, ZD_SOCKET: _6, ...rest } = env;
  return { ...(rest as Record<string, string>), ...(paths.home === null ? {} : { ZD_HOME: paths.home }) };
}

async function firstLine(stream: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of stream) {
    text += decoder.decode(chunk, { stream: true });
    const end = text.indexOf('\n');
    if (end !== -1) return text.slice(0, end);
  }
  return text;
}

/** By position: the daemon shares the descriptor, which stands at the end. */
function readBack(fd: number): string {
  const bytes = Buffer.alloc(fstatSync(fd).size);
  return bytes.toString('utf8', 0, readSync(fd, bytes, 0, bytes.length, 0)).trim();
}
