import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../kernel/clock';
import { uniqueId } from '../../kernel/ids';
import { isAlive } from '../../kernel/process';
import { noteOf } from './note';
import type { Parcel, Shell } from './service';

/** Parcels that may wait for one shell. */
const MAX_PARCELS = 100;
/** After this long a shell that has not opened a parcel is rung for again, then after twice as long each time. */
const AGAIN_MS = { first: 1000, longest: 60_000 };

/**
 * What waits for shells that have no connection: one file per parcel, `PID.ID`, in a private folder, so that a prompt opens it without
 * starting a process. Five lines (kind, delivery id, sender, urgency, and the second of the Unix epoch after which it means nothing any more), then the text.
 */
export class Boxes {
  private readonly timers = new Set<Timer>();

  constructor(
    private readonly folder: string,
    private readonly clock: Clock,
  ) {}

  put(shell: Shell, parcel: Parcel, ttlMs: number): boolean {
    if (shell.bell === null || this.files(shell).length >= MAX_PARCELS) return false;
    const path = join(this.folder, `${shell.process.pid}.${uniqueId()}`);
    const until = Math.ceil((this.clock.now() + ttlMs) / 1000);
    const { kind, delivery_id, from_shell, urgency } = parcel;
    const text = [kind, delivery_id, from_shell, oneLine(urgency), until, kind === 'command' ? parcel.text : oneLine(parcel.text)].join('\n');
    this.prepare();
    // A prompt that looks meanwhile does not see half of it.
    const unfinished = join(this.folder, `.${uniqueId()}`);
    writeFileSync(unfinished, text, { mode: 0o600, flag: 'wx' });
    renameSync(unfinished, path);
    this.attend(shell, path, this.clock.monotonic() + ttlMs, AGAIN_MS.first);
    return ring(shell);
  }

  /**
   * A command that was not fetched in time is not run: nobody expects it hours later. The time in the file says so when no daemon runs. Until then
   * the bell is rung again: a shell that is between a command and its prompt, or opens another parcel, may not hear it.
   */
  private attend(shell: Shell, path: string, until: number, pauseMs: number): void {
    const left = until - this.clock.monotonic();
    const timer = setTimeout(
      () => {
        this.timers.delete(timer);
        if (left <= pauseMs) return rmSync(path, { force: true });
        if (!existsSync(path)) return;
        ring(shell);
        this.attend(shell, path, until, Math.min(2 * pauseMs, AGAIN_MS.longest));
      },
      Math.max(0, Math.min(left, pauseMs)),
    ).unref();
    this.timers.add(timer);
  }

  /** The hooks of a shell note there what they run, and make no folder. */
  prepare(): void {
    mkdirSync(this.folder, { recursive: true, mode: 0o700 });
  }

  take(shell: Shell): Parcel[] {
    const now = this.clock.now() / 1000;
    const found: Parcel[] = [];
    for (const file of this.files(shell)) {
      const [kind, delivery_id, from, urgency, until, ...text] = readFileSync(file, 'utf8').split('\n');
      rmSync(file, { force: true });
      if (Number(until) > now)
        found.push({ kind: kind as Parcel['kind'], delivery_id: delivery_id!, from_shell: Number(from), urgency: urgency!, text: text.join('\n') });
    }
    return found;
  }

  /** Removes what waits for a shell that is gone. */
  drop(shell: Shell): void {
    if (shell.bell === null) return;
    for (const file of [...this.files(shell), join(this.folder, noteOf(shell.process.pid))]) rmSync(file, { force: true });
  }

  stop(): void {
    for (const timer of this.timers) clearTimeout(timer);
    this.timers.clear();
  }

  /** In the order in which they came. */
  private files({ process: { pid } }: Shell): string[] {
    let names: string[];
    try {
      names = readdirSync(this.folder);
    } catch {
      return [];
    }
    return names
      .filter((name) => name.startsWith(`${pid}.`))
      .toSorted()
      .map((name) => join(this.folder, name));
  }
}

/** Control characters would move the cursor of the terminal it is shown on, or change the terminal. */
// oxlint-disable-next-line no-control-regex
const oneLine = (text: string): string => text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ');

/** The signals are ignored by whatever does not expect them, so one that reaches another program by an `exec` does no harm. */
function ring({ process: identity, bell }: Shell): boolean {
  if (!isAlive(identity)) return false;
  try {
    process.kill(identity.pid, bell!);
    return true;
  } catch {
    return false;
  }
}
