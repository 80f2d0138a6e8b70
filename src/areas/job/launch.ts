import { closeSync, openSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { identify, type ProcessIdentity } from '../../kernel/process';
import { findProgram, folderFault } from '../../kernel/program';
import { environmentOf } from './environment';
import type { End } from './model';
import { CHANNELS, withFiles, type JobFolders } from './output';
import { commandOf, type JobRow } from './row';
import { Spare } from './spare';
import { hasBegun, readStatus, WRAPPER } from './wrapper';

/** A started process that is our child. */
export interface Launched {
  readonly identity: ProcessIdentity;
  readonly end: Promise<End>;
  readonly terminal: Bun.Terminal | null;
}

/** A thing that keeps a job from starting, for its `error`. */
export class LaunchFault extends Error {}

const LAST_BYTES_MS = 250;

/** Starts jobs. */
export class Launcher {
  private readonly spare: Spare;

  constructor(private readonly folders: JobFolders) {
    this.spare = new Spare(folders);
  }

  /** Starts a claimed job in a session of its own. `found`: its program, when folder and program have just been looked at. Throws `LaunchFault`. */
  launch(row: JobRow, found: string | null, onData: (bytes: Uint8Array) => void): Launched {
    const folder = this.folders.path(row.job_id);
    const env = environmentOf(JSON.parse(row.env) as Record<string, string>, { id: row.job_id, folder, pty: row.pty === 1 });
    const fault = found === null ? folderFault(row.cwd) : null;
    if (fault !== null) throw new LaunchFault(fault);
    const [name, ...rest] = commandOf(row);
    const program = found ?? findProgram(name!, row.cwd, env.PATH!);
    if (program === null) throw new LaunchFault(`there is no program "${name!.slice(0, 200)}" that can be run`);
    try {
      const argv = [program, ...rest];
      if (row.pty === 1) return this.onTerminal(row, argv, env, onData);
      const child = this.spare.take(row, argv) ?? this.wrapped(row, argv, env);
      return { identity: new Child(child), end: endOf(child, folder, row.launch), terminal: null };
    } catch (error) {
      throw new LaunchFault(error instanceof Error ? error.message : String(error));
    }
  }

  /** A job has ended: another may come. */
  refill(): void {
    this.spare.refill();
  }

  close(): void {
    this.spare.close();
  }

  /** A wrapper for this job alone. Output goes straight to the files: no zd is needed for it to go on. */
  private wrapped(row: JobRow, argv: readonly string[], env: Record<string, string>): Bun.Subprocess {
    const folder = this.folders.make(row.job_id);
    if (row.stdin !== null) writeFileSync(`${folder}/stdin`, row.stdin, { mode: 0o600 });
    return withFiles(folder, (open) =>
      Bun.spawn(['/bin/sh', '-c', WRAPPER, 'zd-job', folder, String(row.launch), ...argv], {
        cwd: row.cwd,
        env,
        stdin: row.stdin === null ? 'ignore' : open('stdin', 'r'),
        stdout: open('stdout', 'a'),
        stderr: open('stderr', 'a'),
        detached: true,
      }),
    );
  }

  /** zd holds the other side of the terminal, so such a job ends with it. */
  private onTerminal(row: JobRow, argv: string[], env: Record<string, string>, onData: (bytes: Uint8Array) => void): Launched {
    this.folders.make(row.job_id);
    // What it shows can be read and followed from the start.
    for (const channel of CHANNELS) closeSync(openSync(this.folders.file(row.job_id, channel), 'a', 0o600));
    const silent = Promise.withResolvers<void>();
    const child = Bun.spawn(argv, {
      cwd: row.cwd,
      env,
      detached: true,
      terminal: { rows: row.pty_rows ?? 24, cols: row.pty_cols ?? 80, data: (_, bytes) => onData(bytes), exit: () => silent.resolve() },
    });
    const end = child.exited.then(async (code): Promise<End> => {
      // The process may be gone before what it wrote is read; one that it left behind may hold the terminal for ever.
      await Promise.race([silent.promise, Bun.sleep(LAST_BYTES_MS)]);
      return child.signalCode === null ? { kind: 'status', code, signalled: false } : { kind: 'signal', signal: signalNumber(child.signalCode) };
    });
    return { identity: new Child(child), end, terminal: child.terminal ?? null };
  }
}

/** How the wrapper of this start ends. */
async function endOf(child: Bun.Subprocess, folder: string, number: number): Promise<End> {
  await child.exited;
  const status = readStatus(folder, number);
  if (status) return status;
  if (child.signalCode !== null) return { kind: 'signal', signal: signalNumber(child.signalCode) };
  return hasBegun(folder, number)
    ? { kind: 'unknown', message: 'the end was not recorded', ordered: false }
    : { kind: 'failed', message: 'the start could not be recorded; is the disk full?' };
}

/**
 * A process that is our child, looked at when somebody asks: the system answers only when its program is loaded, and a start need not wait
 * for that. One that has ended is only waited for, never signalled: no start matches the empty one.
 */
class Child implements ProcessIdentity {
  readonly pid: number;
  private seen: string | undefined;

  constructor(private readonly process: Bun.Subprocess) {
    this.pid = process.pid;
  }

  get start(): string {
    const { exitCode, signalCode } = this.process;
    // Its number is nobody else's until it is reaped, which these two tell.
    return (this.seen ??= exitCode === null && signalCode === null ? (identify(this.pid)?.start ?? '') : '');
  }
}

const signalNumber = (signal: NodeJS.Signals | number): number => (typeof signal === 'number' ? signal : (constants.signals[signal] ?? 0));
