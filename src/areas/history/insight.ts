import { timeOf } from './model';
import type { Figures, Tally } from './service';
import type { HistoryTable } from './table';

/** Lines the commands are counted over, the most used ones, and per step: a few milliseconds of the loop. */
const MOST_LINES = 100_000;
const STEP = 4096;

interface Folders {
  readonly name: string | null;
  readonly count: number;
  readonly failed: number;
}

/** The history in figures. Everything is counted in steps, so that a large one holds up nobody. */
export class Insight {
  constructor(private readonly table: HistoryTable) {}

  async figures(top: number): Promise<Figures> {
    const { table } = this;
    const edge = (which: 'min' | 'max') => {
      const { pos } = table.get<{ pos: number | null }>(`SELECT ${which}(pos) AS pos FROM history`)!;
      return pos === null ? null : timeOf(pos);
    };
    const { folders, failed } = await this.entries();
    const topCommands = await this.commands(top);
    return {
      ...table.totals(),
      lines: table.get<{ n: number }>('SELECT count(*) AS n FROM history_line')!.n,
      sessions: await this.sessions(),
      failed,
      oldest: edge('min'),
      newest: edge('max'),
      topLines: table.all<Tally>('SELECT line AS name, uses AS count FROM history_line ORDER BY uses DESC, last_pos DESC LIMIT ?', [top]),
      topCommands,
      topFolders: most(folders, top),
    };
  }

  private async entries(): Promise<{ folders: Map<string, number>; failed: number }> {
    const folders = new Map<string, number>();
    let failed = 0;
    for (let from = -1; ;) {
      const edge = this.table.get<{ pos: number }>('SELECT pos FROM history WHERE pos > ? ORDER BY pos LIMIT 1 OFFSET ?', from, STEP - 1);
      const part = this.table.all<Folders>(
        'SELECT cwd AS name, count(*) AS count, count(nullif(exit_code, 0)) AS failed FROM history WHERE pos > ? AND pos <= ? GROUP BY cwd',
        [from, edge?.pos ?? Number.MAX_SAFE_INTEGER],
      );
      for (const each of part) {
        failed += each.failed;
        if (each.name !== null) folders.set(each.name, (folders.get(each.name) ?? 0) + each.count);
      }
      if (!edge) return { folders, failed };
      from = edge.pos;
      await breath();
    }
  }

  /** From one to the next by the index, without passing their entries. */
  private async sessions(): Promise<number> {
    let count = 0;
    for (let last = ''; ; count++) {
      const next = this.table.get<{ sessid: string | null }>('SELECT min(sessid) AS sessid FROM history WHERE sessid > ?', last)!.sessid;
      if (next === null) return count;
      last = next;
      if (count % STEP === 0) await breath();
    }
  }

  /** The first words of lines, by how often these were run. */
  private async commands(top: number): Promise<Tally[]> {
    const counts = new Map<string, number>();
    for (let from = 0; from < MOST_LINES; from += STEP) {
      const lines = this.table.all<Tally>('SELECT line AS name, uses AS count FROM history_line ORDER BY uses DESC LIMIT ? OFFSET ?', [STEP, from]);
      for (const { name, count } of lines) {
        const command = commandOf(name);
        if (command !== null) counts.set(command, (counts.get(command) ?? 0) + count);
      }
      if (lines.length < STEP) break;
      await breath();
    }
    return most(counts, top);
  }
}

const breath = () => new Promise<void>((resolve) => setImmediate(resolve));

const most = (counts: ReadonlyMap<string, number>, top: number): Tally[] =>
  [...counts]
    .map(([name, count]) => ({ name, count }))
    .toSorted((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1))
    .slice(0, top);

/** The command of a line, behind variables that are set for it; null without one. */
export function commandOf(line: string): string | null {
  const word = line
    .trimStart()
    .split(/\s+/, 20)
    .find((each) => each !== '' && !/^[A-Za-z_][A-Za-z0-9_]*=/.test(each));
  return word === undefined ? null : word.replace(/[;|&]+$/, '') || null;
}
