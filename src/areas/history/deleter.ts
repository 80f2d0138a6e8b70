import type { Clock } from '../../kernel/clock';
import type { EventService } from '../../kernel/context';
import { periodic } from '../../kernel/periodic';
import type { Db } from '../../storage/db';
import type { Corpus } from './corpus';
import { deleted } from './events';
import { fits } from './ignore';
import { posAfter, posOf } from './model';
import type { Deletion } from './service';
import { COLUMNS, FROM, type Found, type HistoryTable } from './table';

const EVERY_MS = 60_000;
/** Entries per transaction: a few milliseconds of the loop. */
const CHUNK = 200;
/** Entries looked at per step of a deletion. */
const STEP = 1000;
const SOURCE = 'history';

interface Bounds {
  readonly maxEntries: number;
  readonly maxAgeMs: number;
}

/** Takes entries out: those that are asked for, and those that are over the limits. Always in chunks, with the loop's other work between them. */
export class Deleter {
  /** Retention, to be supervised. */
  readonly part = periodic('history_retention', EVERY_MS, () => this.retain());

  constructor(
    private readonly db: Db,
    private readonly table: HistoryTable,
    private readonly corpus: Corpus,
    private readonly events: Pick<EventService, 'append'>,
    private readonly clock: Clock,
    private readonly bounds: () => Bounds,
  ) {}

  async delete(deletion: Deletion, source: string): Promise<number> {
    let count = 0;
    for await (const entries of this.matching(deletion)) {
      for (let at = 0; at < entries.length; at += CHUNK) {
        const chunk = entries.slice(at, at + CHUNK);
        count += deletion.dryRun ? chunk.length : await this.remove(chunk, source, true);
      }
    }
    return count;
  }

  /** What a deletion means, oldest first, by steps that may be removed before the next one is looked for. */
  private async *matching(deletion: Deletion): AsyncGenerator<Found[]> {
    const { ids, line, pattern, sessid, after, before, duplicates } = deletion;
    const known = line === undefined ? null : this.table.lineOf(line);
    if (line !== undefined && !known) return;
    const wanted = ids && new Set(ids);
    const holds = (entry: Found): boolean =>
      (!wanted || wanted.has(entry.id)) &&
      (sessid === undefined || entry.sessid === sessid) &&
      (line === undefined || entry.line === line) &&
      (pattern === undefined || fits(pattern, entry.line)) &&
      (after === undefined || entry.pos >= posOf(after)) &&
      (before === undefined || entry.pos < posAfter(before)) &&
      (!duplicates || this.hasNewer(entry));
    if (ids) {
      yield [...new Set(ids)].map((id) => this.table.byId(id)).filter((entry): entry is Found => entry !== null && holds(entry));
      return;
    }
    const [lead, values] = known ? ['history.line_id = ? AND', [known.id]] : sessid === undefined ? ['', []] : ['history.sessid = ? AND', [sessid]];
    const end = before === undefined ? Number.MAX_SAFE_INTEGER : posAfter(before);
    for (let at = after === undefined ? -1 : posOf(after) - 1; ;) {
      const entries = this.table.rows(`SELECT ${COLUMNS} FROM ${FROM} WHERE ${lead} pos > ? AND pos < ? ORDER BY pos LIMIT ${STEP}`, [
        ...values,
        at,
        end,
      ]);
      yield entries.filter(holds);
      if (entries.length < STEP) return;
      at = entries.at(-1)!.pos;
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
  }

  private hasNewer({ lineId, pos }: Found): boolean {
    return this.table.get('SELECT 1 FROM history WHERE line_id = ? AND pos > ? LIMIT 1', lineId, pos) !== null;
  }

  /**
   * In one transaction with the event that tells of it; an entry that somebody else has removed by then counts for them. `erase`: what is deleted because somebody asked for it
   * is overwritten in the file, not only let go of.
   */
  private async remove(entries: readonly Found[], source: string, erase = false): Promise<number> {
    const changes = await this.db.write(() => {
      const present = entries.filter(({ pos, id }) => this.table.byPos(pos)?.id === id);
      const all = () => present.map((entry) => this.table.remove(entry));
      if (present.length > 0) this.events.append(deleted(present.length, source));
      return erase ? this.table.erasing(all) : all();
    }, 'normal');
    for (const change of changes) this.corpus.apply(change);
    return changes.length;
  }

  private async retain(): Promise<void> {
    this.corpus.forgetIdle();
    const { maxEntries, maxAgeMs } = this.bounds();
    const over = this.table.totals().entries - maxEntries;
    for (let left = over; left > 0;) {
      const oldest = this.table.rows(`SELECT ${COLUMNS} FROM ${FROM} ORDER BY pos LIMIT ?`, [Math.min(CHUNK, left)]);
      if (oldest.length === 0) break;
      await this.remove(oldest, SOURCE);
      left -= oldest.length;
    }
    for (let more = maxAgeMs > 0; more;) {
      const due = this.table.rows(`SELECT ${COLUMNS} FROM ${FROM} WHERE pos < ? ORDER BY pos LIMIT ?`, [posOf(this.clock.now() - maxAgeMs), CHUNK]);
      await this.remove(due, SOURCE);
      more = due.length === CHUNK;
    }
  }
}
