import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { nanos, type Clock } from '../../kernel/clock';
import type { EventService } from '../../kernel/context';
import { periodic } from '../../kernel/periodic';
import { announce } from './announce';
import { noteOf, parseNote } from './note';
import type { Shell, ShellService } from './service';

const LOOK_EVERY_MS = 1000;
/** Bytes of a note that are read: a command is shown, not run. */
const MOST_BYTES = 64 * 1024;

/**
 * Announces commands while they run. The hooks of a shell note what they start in a file and empty it at the next prompt, which costs them
 * no process and no wait, whether a daemon runs or not; here the notes are looked at, and one that has stood long enough is told of once.
 */
export class LongCommands {
  readonly part = periodic('long_commands', LOOK_EVERY_MS, () => this.look());
  /** By shell: the time of the note that was told of. */
  private readonly told = new Map<number, number>();
  private readonly began: number;

  constructor(
    private readonly shells: ShellService & { all(): Iterable<Shell> },
    private readonly events: EventService,
    private readonly clock: Clock,
    private readonly folder: string,
    /** 0: none is announced. Read anew at each look. */
    private readonly afterMs: () => number,
    /** A line as others may see it; null when nobody is to. */
    private readonly shown: (line: string) => string | null,
  ) {
    this.began = clock.now();
  }

  private async look(): Promise<void> {
    const after = this.afterMs();
    if (after === 0) return;
    for (const id of this.told.keys()) if (!this.shells.find(id)) this.told.delete(id);
    for (const shell of this.shells.all()) if (shell.bell !== null) await this.lookAt(shell, after);
  }

  private async lookAt({ id, process }: Shell, after: number): Promise<void> {
    // No note, or none of ours to read: nothing to tell.
    const file = await open(join(this.folder, noteOf(process.pid))).catch(() => null);
    if (!file) return;
    try {
      const { size, mtimeMs } = await file.stat();
      const due = mtimeMs + after;
      // What became long before this daemon ran was told of by the one before it.
      if (size === 0 || due > this.clock.now() || due < this.began || this.told.get(id) === mtimeMs) return;
      const note = parseNote(await head(file));
      this.told.set(id, mtimeMs);
      const command = note && this.shown(note.line);
      if (!note || !command) return;
      const data = { from_shell: id, command, cwd: note.cwd, ts_ns: nanos(this.clock.now()) };
      await announce({ shells: this.shells, events: this.events }, 'long_cmd_started', id, data);
    } finally {
      await file.close();
    }
  }
}

async function head(file: FileHandle): Promise<string> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(MOST_BYTES), 0, MOST_BYTES, 0);
  return buffer.toString('utf8', 0, bytesRead);
}
