import { readdirSync, readFileSync } from 'node:fs';
import { identify, isAlive, type ProcessIdentity } from '../../kernel/process';
import { FOLDER_VARIABLE } from './environment';
import type { Signal } from './model';

/** A process that belongs to a job. */
export interface Member {
  readonly pid: number;
  readonly command: string;
}

/** The processes of one job: its leader's session and group, and whoever left both but still carries the job's mark. */
export class Session {
  constructor(
    readonly leader: ProcessIdentity,
    private readonly folder: string,
  ) {}

  /** To the whole group at once, then to members that left the group. Says whether anybody was there. */
  signal(signal: Signal): boolean {
    // The group's number is free for others only when nobody is in it: a leader that is gone but has left members still owns it.
    const whole = isAlive(this.leader) || this.groupHasMine() ? send(-this.leader.pid, signal) : false;
    let others = false;
    for (const { pid, group } of this.scan()) if (group !== this.leader.pid) others = send(pid, signal) || others;
    return whole || others;
  }

  /** Whether the group may have members: one system call, no look at other processes. */
  mayHaveLeftovers(): boolean {
    try {
      process.kill(-this.leader.pid, 0);
      return true;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === 'EPERM';
    }
  }

  /**
   * Whether the command itself runs by now. Before, only the wrapper and its fork are there, and what ends the command passes over them:
   * they have to live on to tell how it ended.
   */
  hasCommand(): boolean {
    const wrapper = commandOf(this.leader.pid);
    return this.members().some(({ pid, command }) => pid !== this.leader.pid && command !== '' && command !== wrapper);
  }

  members(): Member[] {
    return this.scan().map(({ pid }) => ({ pid, command: commandOf(pid) }));
  }

  private groupHasMine(): boolean {
    return this.scan().some(({ group }) => group === this.leader.pid);
  }

  private scan(): { pid: number; group: number }[] {
    return process.platform === 'linux' ? this.scanProc() : this.scanPs();
  }

  /** proc(5): after the last `)` come state, parent, group, session. Zombies do not count: they only wait to be reaped. */
  private scanProc(): { pid: number; group: number }[] {
    const found: { pid: number; group: number }[] = [];
    const mark = `${FOLDER_VARIABLE}=${this.folder}`;
    const now = identify(this.leader.pid);
    // While anybody is in the session its number is not given again; a stranger under it says that nobody of ours is.
    const session = now === null || now.start === this.leader.start ? this.leader.pid : -1;
    for (const name of readdirSync('/proc')) {
      const pid = Number(name);
      if (!Number.isInteger(pid) || pid === process.pid) continue;
      try {
        const text = readFileSync(`/proc/${name}/stat`, 'latin1');
        const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
        if (fields[0] === 'Z' || fields[0] === 'X') continue;
        const mine = Number(fields[3]) === session || readFileSync(`/proc/${name}/environ`, 'latin1').split('\0').includes(mark);
        if (mine) found.push({ pid, group: Number(fields[2]) });
      } catch {
        // It ended meanwhile, or is somebody else's.
      }
    }
    return found;
  }

  private scanPs(): { pid: number; group: number }[] {
    const ran = Bun.spawnSync(['/bin/ps', '-A', '-o', 'pid=,pgid=,stat='], { stderr: 'ignore' });
    return ran.stdout
      .toString()
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter(([, group, state]) => Number(group) === this.leader.pid && !state?.startsWith('Z'))
      .map(([pid, group]) => ({ pid: Number(pid), group: Number(group) }));
  }
}

function send(target: number, signal: Signal): boolean {
  try {
    process.kill(target, `SIG${signal}`);
    return true;
  } catch {
    return false;
  }
}

const COMMAND_CHARS = 200;

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim().slice(0, COMMAND_CHARS);
  } catch {
    return '';
  }
}
