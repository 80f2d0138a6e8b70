import type { Clock } from '../../kernel/clock';
import { ZdError } from '../../kernel/error';
import { uniqueId } from '../../kernel/ids';
import type { Db } from '../../storage/db';
import type { Statement } from '../../storage/statement';
import { digestOf } from './lease';
import type { Session } from './session_model';

export type CheckpointKind = 'checkpoint' | 'handover';

export interface Checkpoint {
  readonly checkpointId: string;
  readonly sessionId: string;
  /** From 1, without holes within a session as long as all are kept. */
  readonly number: number;
  readonly kind: CheckpointKind;
  readonly profile: string;
  readonly generation: number;
  readonly key: string | null;
  readonly summary: string | null;
  readonly bytes: number;
  readonly digest: string;
  readonly createdAt: number;
}

export interface CheckpointDraft {
  readonly kind: CheckpointKind;
  /** The caller's name for it: stored once, however often it is sent. */
  readonly key: string | null;
  readonly summary: string | null;
  /** JSON. */
  readonly state: string;
}

const HEAD = `checkpoint_id AS checkpointId, session_id AS sessionId, number, kind, profile, generation, key, summary,
  octet_length(state) AS bytes, digest, created_at AS createdAt`;

/** What agents leave for whoever goes on with their work. */
export class Checkpoints {
  private readonly insert: Statement;
  private readonly newest: Statement<Checkpoint>;
  private readonly byKey: Statement<Checkpoint>;
  private readonly byNumber: Statement<Checkpoint>;
  private readonly byId: Statement<Checkpoint>;
  private readonly stateOfId: Statement<{ state: string }>;
  private readonly page: Statement<Checkpoint>;
  private readonly trim: Statement;

  constructor(
    db: Db,
    private readonly clock: Clock,
    private readonly keep: () => number,
  ) {
    this.insert = db.prepare(
      `INSERT INTO runtime_checkpoint (checkpoint_id, session_id, number, kind, profile, generation, key, summary, state, digest, created_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.newest = db.prepare(`SELECT ${HEAD} FROM runtime_checkpoint WHERE session_id = ? ORDER BY number DESC LIMIT 1`);
    this.byKey = db.prepare(`SELECT ${HEAD} FROM runtime_checkpoint WHERE session_id = ? AND key = ?`);
    this.byId = db.prepare(`SELECT ${HEAD} FROM runtime_checkpoint WHERE checkpoint_id = ?`);
    this.byNumber = db.prepare(`SELECT ${HEAD} FROM runtime_checkpoint WHERE session_id = ? AND number = ?`);
    this.stateOfId = db.prepare('SELECT state FROM runtime_checkpoint WHERE checkpoint_id = ?');
    this.page = db.prepare(`SELECT ${HEAD} FROM runtime_checkpoint WHERE session_id = ? AND number < ? ORDER BY number DESC LIMIT ?`);
    this.trim = db.prepare('DELETE FROM runtime_checkpoint WHERE session_id = ? AND number <= ?');
  }

  /** Only inside a write. `stored` false: the same was there already. Throws `conflict` for a key with another content. */
  add({ sessionId, profile, generation }: Session, { kind, key, summary, state }: CheckpointDraft): { checkpoint: Checkpoint; stored: boolean } {
    const digest = digestOf(`${kind}\n${summary ?? ''}\n${state}`);
    const newest = this.newest.get(sessionId);
    const named = key === null ? null : this.byKey.get(sessionId, key);
    if (named && named.digest !== digest)
      throw new ZdError('conflict', `The checkpoint ${JSON.stringify(key)} of this session has another content.`, { path: '/key' });
    const same = named ?? (key === null && newest?.digest === digest && newest.generation === generation ? newest : null);
    if (same) return { checkpoint: same, stored: false };
    const number = (newest?.number ?? 0) + 1;
    const id = uniqueId();
    this.insert.run(id, sessionId, number, kind, profile, generation, key, summary, state, digest, this.clock.now());
    this.trim.run(sessionId, number - this.keep());
    return { checkpoint: this.byId.get(id)!, stored: true };
  }

  latest(sessionId: string): Checkpoint | null {
    return this.newest.get(sessionId);
  }

  get(sessionId: string, number: number): Checkpoint | null {
    return this.byNumber.get(sessionId, number);
  }

  state(checkpointId: string): unknown {
    return JSON.parse(this.stateOfId.get(checkpointId)!.state);
  }

  /** Newest first, those with a smaller number. */
  list(sessionId: string, before: number, limit: number): Checkpoint[] {
    return this.page.all(sessionId, before, limit);
  }
}
