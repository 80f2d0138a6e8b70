import { closeSync, constants, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import type { Db } from '../../storage/db';
import { isReadable, salvage } from './salvage';

/** Numbers whose events a crash took. */
export interface LostRange {
  readonly first: number;
  readonly last: number;
  /** When the start that found it was, in milliseconds. */
  readonly foundAt: number;
}

/** How many of the newest events are read at a start: what a crash damages stands at the end. */
const EXAMINED = 100;
const KEPT_RANGES = 100;
const DIGITS = 16;
/** How far behind the last start's first number damaged events are looked for when nothing says how far they went. */
const UNKNOWN_REACH = 1_000_000;

/**
 * What a crash did to the end of the log. SQLite drops a torn tail of its write-ahead log without a word, so the newest number is
 * also noted in a file beside the database after each commit. A start compares the two: what is missing is said, and its numbers
 * are never given to other events. The note needs no fsync: it is there to outlive the process, and older than the log it is harmless.
 */
export class Recovery {
  /** The highest number given before this start, as long as no newer event is stored; 0 otherwise. */
  floor = 0;
  /** Whether pages of the log were damaged, and it was built anew from the others. */
  readonly salvaged: boolean;
  /** What this start found missing. */
  readonly found: readonly LostRange[];
  private known: LostRange[];
  private readonly path: string;
  private file: number | null = null;
  private line = Buffer.alloc(0);

  constructor(
    private readonly db: Db,
    now: number,
  ) {
    this.path = `${db.path}-events`;
    this.known = this.ranges();
    const noted = Math.max(this.noted(), this.known.at(-1)?.last ?? 0);
    this.salvaged = !isReadable(db.sqlite);
    const found: LostRange[] = this.salvaged ? this.rebuild(noted, now) : [];
    const given = Math.max(this.newest(), noted);
    for (const seq of this.dropUnreadable()) found.push({ first: seq, last: seq, foundAt: now });
    const kept = this.newest();
    if (given > kept) this.floor = given;
    const reported = this.known.at(-1)?.last ?? 0;
    if (given > Math.max(kept, reported)) found.push({ first: Math.max(kept, reported) + 1, last: given, foundAt: now });
    this.found = found;
    if (found.length > 0) this.remember(found);
  }

  private newest(): number {
    return (this.db.sqlite.query('SELECT max(seq) AS seq FROM event').get() as { seq: number | null }).seq ?? 0;
  }

  private ranges(): LostRange[] {
    return this.db.sqlite.query('SELECT first, last, found_at AS foundAt FROM event_lost ORDER BY first').all() as LostRange[];
  }

  /** The number in the file when it is of this database, which its epoch tells; 0 otherwise. */
  private noted(): number {
    const match = /^([0-9a-z]{1,20}) (\d{16})\n$/.exec(readText(this.path));
    if (!match || !this.db.sqlite.query('SELECT 1 FROM event_epoch WHERE epoch = ?').get(match[1]!)) return 0;
    return Number(match[2]);
  }

  /** Builds the log from what can be read; the holes that retention does not explain. */
  private rebuild(noted: number, now: number): LostRange[] {
    const { sqlite } = this.db;
    const { first } = sqlite.query('SELECT coalesce(max(first_seq), 1) AS first FROM event_epoch').get() as { first: number };
    salvage(sqlite, noted || first + UNKNOWN_REACH);
    const { trimmed } = sqlite.query('SELECT coalesce(max(trimmed_seq), 0) AS trimmed FROM event_kind').get() as { trimmed: number };
    const holes = sqlite
      .query(
        'SELECT before + 1 AS first, seq - 1 AS last FROM (SELECT seq, lag(seq, 1, 0) OVER (ORDER BY seq) AS before FROM event) WHERE seq > before + 1',
      )
      .all() as { first: number; last: number }[];
    return holes
      .filter((hole) => hole.last > trimmed && !this.known.some((range) => range.first <= hole.first && hole.last <= range.last))
      .map((hole) => ({ ...hole, foundAt: now }));
  }

  /** Removes the newest events whose data is no JSON any more: spliced into a frame they would break the stream. */
  private dropUnreadable(): number[] {
    const bad = this.db.sqlite
      .query(`SELECT seq FROM (SELECT seq, data FROM event ORDER BY seq DESC LIMIT ${EXAMINED}) WHERE NOT json_valid(data) ORDER BY seq`)
      .values()
      .map(([seq]) => Number(seq));
    this.db.sqlite.transaction(() => {
      for (const seq of bad) {
        this.db.sqlite.query('UPDATE event_kind SET count = count - 1 WHERE kind = (SELECT kind FROM event WHERE seq = ?)').run(seq);
        this.db.sqlite.query('DELETE FROM event WHERE seq = ?').run(seq);
      }
    })();
    return bad;
  }

  private remember(found: readonly LostRange[]): void {
    const { sqlite } = this.db;
    sqlite.transaction(() => {
      for (const { first, last, foundAt } of found) sqlite.query('INSERT OR REPLACE INTO event_lost VALUES (?, ?, ?)').run(first, last, foundAt);
      sqlite.query(`DELETE FROM event_lost WHERE first NOT IN (SELECT first FROM event_lost ORDER BY first DESC LIMIT ${KEPT_RANGES})`).run();
    })();
    this.known = this.ranges();
  }

  /** Every range that is remembered, oldest first. */
  lost(): readonly LostRange[] {
    return this.known;
  }

  /** Behind this number no crash took anything. */
  lostUpTo(): number {
    return this.known.at(-1)?.last ?? 0;
  }

  /** Begins to note numbers, and makes what this start wrote safe from what may happen to the write-ahead log later. */
  begin(epoch: string, last: number): void {
    this.line = Buffer.from(`${epoch} ${String(last).padStart(DIGITS, '0')}\n`, 'latin1');
    this.file = openSync(this.path, constants.O_RDWR | constants.O_CREAT, 0o600);
    writeSync(this.file, this.line, 0, this.line.length, 0);
    ftruncateSync(this.file, this.line.length);
    this.db.sqlite.run('PRAGMA wal_checkpoint(PASSIVE)');
  }

  /** After the commit of the event with this number. */
  committed(seq: number): void {
    if (this.floor !== 0 && seq > this.floor) this.floor = 0;
    if (this.file === null) return;
    const at = this.line.length - 1 - DIGITS;
    this.line.write(String(seq).padStart(DIGITS, '0'), at, 'latin1');
    try {
      writeSync(this.file, this.line, at, DIGITS, at);
    } catch {
      // No space: the note stays older than the log, and the next commit tries again.
    }
  }

  close(): void {
    if (this.file !== null) closeSync(this.file);
    this.file = null;
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
