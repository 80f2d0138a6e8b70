import type { Clock } from '../../kernel/clock';
import { ZdError } from '../../kernel/error';
import type { Db } from '../../storage/db';
import type { Statement } from '../../storage/statement';
import { digestOf } from './lease';
import { compact, type Compaction, type Entry } from './memory_model';

export interface Memory {
  /** From 1, one more with every compaction that changed something; 0: nothing is remembered yet. */
  readonly revision: number;
  readonly entries: readonly Entry[];
  readonly digest: string;
  readonly writtenAt: number;
}

export interface Staged {
  readonly before: Memory;
  readonly after: Memory;
  readonly changed: boolean;
  readonly compaction: Compaction;
}

/** What each profile remembers. */
export class Memories {
  private readonly find: Statement<{ revision: number; entries: string; digest: string; written_at: number }>;
  private readonly save: Statement;

  constructor(
    db: Db,
    private readonly clock: Clock,
    private readonly maxBytes: () => number,
  ) {
    this.find = db.prepare('SELECT * FROM runtime_memory WHERE profile = ?');
    this.save = db.prepare(
      `INSERT INTO runtime_memory VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (profile) DO UPDATE SET revision = ?2, entries = ?3, digest = ?4, written_at = ?5`,
    );
  }

  get(profile: string): Memory {
    const row = this.find.get(profile);
    if (!row) return { revision: 0, entries: [], digest: digestOf('[]'), writtenAt: 0 };
    return { revision: row.revision, entries: JSON.parse(row.entries) as Entry[], digest: row.digest, writtenAt: row.written_at };
  }

  revision(profile: string): number {
    return this.find.get(profile)?.revision ?? 0;
  }

  /** What a compaction would come to. Throws `version_mismatch` when somebody else compacted since `expected`. */
  stage(profile: string, added: readonly Entry[], expected: number | null): Staged {
    const before = this.get(profile);
    const compaction = compact(before.entries, added, this.maxBytes());
    const digest = digestOf(JSON.stringify(compaction.entries));
    const changed = digest !== before.digest;
    // One whose reply was lost may come again with the revision it knew: it finds its work done.
    if (expected !== null && expected !== before.revision && changed)
      throw new ZdError('version_mismatch', `The memory of ${JSON.stringify(profile)} is at revision ${before.revision}, not ${expected}.`, {
        path: '/expected_revision',
        extra: { revision: before.revision },
      });
    const after = changed ? { revision: before.revision + 1, entries: compaction.entries, digest, writtenAt: this.clock.now() } : before;
    return { before, after, changed, compaction };
  }

  /** Only inside a write, with what `stage` gave in the same one. */
  write(profile: string, { revision, entries, digest, writtenAt }: Memory): void {
    this.save.run(profile, revision, JSON.stringify(entries), digest, writtenAt);
  }
}
