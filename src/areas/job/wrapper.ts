import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { identify, type ProcessIdentity } from '../../kernel/process';
import type { End } from './model';

/** How every wrapper ends: the command with its own stderr back, then what became of it. */
export const RUN = `(exec "$@" 2>&3 3>&-)
printf 'exit %s\\n' "$?" >&2`;

/**
 * What stands between zd and a job's command, so that the exit status is learned also when no zd is there. It is a constant: the
 * command comes in as "$@" and is never read as shell text, and `exec` runs files only, never a word of the shell.
 *
 * `run.N` tells of start N: the wrapper's pid (and the mark of one made ahead), what the shell says (which tells a command that was ended by
 * TERM from one that exited with 143), then `exit STATUS`. Whoever makes the file (set -C: O_EXCL) owns the start: a second wrapper, or a zd
 * that found none, cannot run it again. Each line is one write, so a reader sees it whole or knows that it does not. The command has the real stderr.
 * The file goes with the job and not before: a file system that has just given up many files looks at each of them when it makes one.
 */
export const WRAPPER = `trap : HUP INT QUIT TERM USR1 USR2
set -C
exec 3>&2 2>"$1/run.$2" || exit 0
printf '%s\\n' "$$" >&2
shift 2
${RUN}`;

/** Signals of which a shell says nothing: INT and PIPE. */
const SILENT = new Set([130, 141]);
const TAKEN = 'taken\n';

const fileOf = (folder: string, launch: number): string => `${folder}/run.${launch}`;

/** What the wrapper of this start wrote; null while it has not, or has not finished to. */
export function readStatus(folder: string, launch: number): End | null {
  const found = /^\d+(?: [\w-]+)?\n([^]*)exit (\d{1,3})\n$/.exec(read(fileOf(folder, launch)) ?? '');
  if (!found) return null;
  const code = Number(found[2]);
  return { kind: 'status', code, signalled: SILENT.has(code) || found[1] !== '' };
}

/** Which wrapper has taken a start. */
export interface Taker {
  readonly pid: number;
  /** A word of its arguments that no later process of the same number has. */
  readonly mark: string;
}

/**
 * Takes a start whose wrapper may or may not be on its way. `none`: nothing ran, and from now on nothing can. Else what the wrapper
 * wrote of itself, or null while it has not finished to.
 */
export function takeStart(folder: string, launch: number): Taker | null | 'none' {
  try {
    const fd = openSync(fileOf(folder, launch), 'wx', 0o600);
    writeSync(fd, TAKEN);
    closeSync(fd);
    return 'none';
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return 'none';
    if (code !== 'EEXIST') throw error;
  }
  const text = read(fileOf(folder, launch)) ?? '';
  if (text === TAKEN) return 'none';
  const line = /^(\d+)(?: ([\w-]+))?\n/.exec(text);
  return line && { pid: Number(line[1]), mark: line[2] ?? folder };
}

/** Whether the wrapper of this start got so far as to say who it is. */
export const hasBegun = (folder: string, launch: number): boolean => read(fileOf(folder, launch)) !== null;

/** The wrapper, when it lives still. */
export function findWrapper({ pid, mark }: Taker): ProcessIdentity | null {
  const found = identify(pid);
  return found && argumentsOf(pid).includes(mark) ? found : null;
}

function argumentsOf(pid: number): readonly string[] {
  if (process.platform === 'linux') return (read(`/proc/${pid}/cmdline`) ?? '').split('\0');
  const ran = Bun.spawnSync(['/bin/ps', '-ww', '-o', 'command=', '-p', String(pid)], { stderr: 'ignore' });
  return ran.stdout.toString().trim().split(/\s+/);
}

function read(file: string): string | null {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return null;
  }
}
