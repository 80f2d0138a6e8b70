import { readFileSync } from 'node:fs';

/** A process for as long as it lives. Pids are used again, so a pid alone may mean somebody else's process. */
export interface ProcessIdentity {
  readonly pid: number;
  /** An opaque text that differs for every process that ever has this pid, also across boots. */
  readonly start: string;
}

/** Who has this pid now; null when nobody has, or only a zombie that waits to be reaped. */
export function identify(pid: number): ProcessIdentity | null {
  if (!Number.isSafeInteger(pid) || pid <= 0) return null;
  const start = process.platform === 'linux' ? startOnLinux(pid) : startElsewhere(pid);
  return start === null ? null : { pid, start };
}

export const isAlive = ({ pid, start }: ProcessIdentity): boolean => identify(pid)?.start === start;

/** proc(5): the command may hold blanks and parentheses, so fields count from the last `)`; state is the 3rd, start time in ticks since boot the 22nd. */
function startOnLinux(pid: number): string | null {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1')
      .replace(/^.*\) /s, '')
      .split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? null : `${boot()}:${fields[19]}`;
  } catch {
    return null;
  }
}

/** ps(1) of the BSDs and macOS: state, then the start as a date, to the second. */
function startElsewhere(pid: number): string | null {
  const ran = Bun.spawnSync(['/bin/ps', '-o', 'stat=,lstart=', '-p', String(pid)], { env: { LC_ALL: 'C' }, stderr: 'ignore' });
  const [state, ...start] = ran.stdout.toString().trim().split(/\s+/);
  return ran.exitCode !== 0 || !state || state.startsWith('Z') ? null : start.join(' ');
}

let bootId: string | undefined;
/** Differs for every start of the machine. */
export const boot = (): string =>
  (bootId ??=
    process.platform === 'linux'
      ? readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()
      : Bun.spawnSync(['/usr/sbin/sysctl', '-n', 'kern.bootsessionuuid'], { stderr: 'ignore' }).stdout.toString().trim());
