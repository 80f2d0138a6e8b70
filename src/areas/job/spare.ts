import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { failpoint } from '../../kernel/failpoint';
import { identify } from '../../kernel/process';
import { allowed, FOLDER_VARIABLE, ID_VARIABLE } from './environment';
import { withFiles, type JobFolders } from './output';
import type { JobRow } from './row';
import { RUN } from './wrapper';

/**
 * A wrapper that waits for its job: with the folder, the files and the shell made ahead, a start is one rename and one message. The message
 * is words in lines that begin with `=`, read as they are and never as shell text, and a last line of `.`. Without that one zd has
 * gone, and nobody may run the job: the record says so, and the next zd starts it anew. Until the message is read signals end the
 * wrapper, so none is lost. `cd` exports where it was, which no job asked for.
 */
const SPARE = `mark=$1
set --
while IFS= read -r line && [ "$line" != . ]; do set -- "$@" "\${line#=}"; done
[ "$line" = . ] || { printf 'taken\\n' >&2; exit; }
trap : HUP INT QUIT TERM USR1 USR2
printf '%s %s\\n' "$$" "$mark" >&2
cd -P "$1" 2>/dev/null || { printf 'exit 126\\n' >&2; exit; }
unset PWD OLDPWD
export ${FOLDER_VARIABLE}="$2" ${ID_VARIABLE}="$3"
shift 3
exec </dev/null
${RUN}`;

/** Bytes that every shell reads as they are, in a line. */
const PLAIN = /^[\t\x20-\x7e]*$/;
/** A shell reads byte by byte, and a message has to fit into what the system takes at once. */
const MAX_MESSAGE = 2048;
/** One that nobody needed for so long goes: zd at rest has no processes. */
const IDLE_MS = 30_000;

type Child = Bun.Subprocess<'pipe', number, number>;

/** At most one wrapper that waits. Only first starts with the plain environment have one; everything else is a wrapper of its own. */
export class Spare {
  private ready: Child | null = null;
  private asked = false;
  private closed = false;
  private idle: Timer | undefined;
  private readonly folder: string;

  constructor(private readonly folders: JobFolders) {
    this.folder = `${folders.root}/spare`;
  }

  /** The process that runs this job from now on, with its files in place; null when there is none for it. */
  take(row: JobRow, argv: readonly string[]): Child | null {
    const child = this.ready;
    if (!child || row.launch !== 1 || row.stdin !== null || row.env !== '{}') return null;
    const folder = this.folders.path(row.job_id);
    const words = [row.cwd, folder, String(row.job_id), ...argv];
    const message = `=${words.join('\n=')}\n.\n`;
    if (message.length > MAX_MESSAGE || !words.every((word) => PLAIN.test(word))) return null;
    this.ready = null;
    if (!isThere(child)) return null;
    try {
      renameSync(this.folder, folder);
    } catch {
      tell(child, '');
      return null;
    }
    failpoint('job.before_tell');
    tell(child, message);
    return child;
  }

  /** Makes one after this turn, so that whoever waits for an answer of it gets that first. */
  refill(): void {
    if (this.asked || this.closed) return;
    this.asked = true;
    setImmediate(this.make);
  }

  private readonly make = (): void => {
    this.asked = false;
    if (this.closed) return;
    clearTimeout(this.idle);
    this.idle = setTimeout(this.drop, IDLE_MS).unref();
    if (this.ready && isThere(this.ready)) return;
    try {
      rmSync(this.folder, { recursive: true, force: true });
      mkdirSync(this.folder, { mode: 0o700 });
      this.ready = withFiles(this.folder, (open) => {
        const stdio = ['pipe', open('stdout', 'ax'), open('run.1', 'ax'), open('stderr', 'ax')] as const;
        return Bun.spawn(['/bin/sh', '-c', SPARE, 'zd-job', Bun.randomUUIDv7()], {
          cwd: '/',
          env: allowed(),
          stdio: [...stdio],
          detached: true,
        }) as Child;
      });
      this.ready.unref();
    } catch {
      // The next job starts without, and says what is wrong.
      this.ready = null;
    }
  };

  private readonly drop = (): void => {
    if (this.ready) tell(this.ready, '');
    this.ready = null;
    rmSync(this.folder, { recursive: true, force: true });
  };

  close(): void {
    this.closed = true;
    clearTimeout(this.idle);
    if (this.ready) this.drop();
  }
}

/** Also one whose end has not come here yet is not there; elsewhere than on Linux to ask costs more than a wrapper saves. */
const isThere = ({ pid, exitCode, signalCode }: Child): boolean =>
  exitCode === null && signalCode === null && (process.platform !== 'linux' || identify(pid) !== null);

/** One that has just been ended does not hear it; its end tells. */
function tell(child: Child, message: string): void {
  child.ref();
  try {
    child.stdin.write(message);
    void Promise.resolve(child.stdin.end()).catch(() => {});
  } catch {}
}
