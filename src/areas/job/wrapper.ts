import { closeSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { identify, type ProcessIdentity } from '../../kernel/process';
import type { End } from './model';

/**
 * What stands between zd and a job's command, so that the exit status is learned also when no zd is there. It is a constant: the
 * command comes in as "$@" and is never read as shell text, and `exec` runs files only, never a word of the shell.
 *
 * The first to make `pid.N` (set -C: O_EXCL) owns start N: a second wrapper, or a zd that found no file, cannot run it again.
 * The status is one write with a line end, so a reader sees all of it or knows that it does not. A shell says on its own stderr
 * when a command ended by a signal, which tells 143 from TERM; the command has the real stderr.
 */
export const WRAPPER = `trap : HUP INT QUIT TERM USR1 USR2
set -C
d=$1 n=$2
shift 2
printf '%s\\n' "$$" >"$d/pid.$n" || exit 0
exec 3>&2 2>"$d/note.$n"
(exec "$@" 2>&3 3>&-)
printf '%s\\n' "$?" >"$d/status.$n"`;

/** Signals of which a shell says nothing: INT and PIPE. */
const SILENT = new Set([130, 141]);

/** What the wrapper of this start wrote; null while it has not, or has not finished to. */
export function readStatus(folder: string, launch: number): End | null {
  const text = read(`${folder}/status.${launch}`);
  const code = text === null ? null : /^(\d{1,3})\n$/.exec(text);
  if (!code) return null;
  const status = Number(code[1]);
  return { kind: 'status', code: status, signalled: SILENT.has(status) || (read(`${folder}/note.${launch}`) ?? '') !== '' };
}

/**
 * Takes a start whose wrapper may or may not be on its way. `none`: nothing ran, and from now on nothing can. Else the pid that the
 * wrapper wrote, or null while it has not finished to.
 */
export function takeStart(folder: string, launch: number): number | null | 'none' {
  try {
    const fd = openSync(`${folder}/pid.${launch}`, 'wx', 0o600);
    writeSync(fd, TAKEN);
    closeSync(fd);
    return 'none';
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return 'none';
    if (code !== 'EEXIST') throw error;
  }
  const text = read(`${folder}/pid.${launch}`);
  if (text === TAKEN) return 'none';
  return text !== null && /^\d+\n$/.test(text) ? Number(text) : null;
}

const TAKEN = 'taken\n';

/** The living wrapper of this folder with this pid; its own arguments tell it from a later process of the same number. */
export function findWrapper(folder: string, pid: number): ProcessIdentity | null {
  const found = identify(pid);
  return found && argumentsOf(pid).includes(folder) ? found : null;
}

function argumentsOf(pid: number): readonly string[] {
  if (process.platform === 'linux') return (read(`/proc/${pid}/cmdline`) ?? '').split('\0');
  const ran = Bun.spawnSync(['/bin/ps', '-ww', '-o', 'command=', '-p', String(pid)], { stderr: 'ignore' });
  return ran.stdout.toString().trim().split(/\s+/);
}

/** The files of one start, once its end is committed. */
export function forgetStart(folder: string, launch: number): void {
  for (const name of ['pid', 'note', 'status']) rmSync(`${folder}/${name}.${launch}`, { force: true });
}

function read(file: string): string | null {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return null;
  }
}
