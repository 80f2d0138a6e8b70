import type { Db } from '../storage/db';

export interface State {
  readonly key: string;
  /** JSON. */
  readonly value: string;
  readonly updated_by: string;
  readonly updated_at: number;
}

export interface Memory {
  readonly id: string;
  readonly content: string;
  /** JSON array. */
  readonly tags: string;
  readonly member_id: string;
  readonly remembered_by: string;
  readonly remembered_at: number;
}

export interface Skill {
  readonly name: string;
  readonly member_id: string;
  readonly author: string;
  readonly created_at: number;
  /** JSON: description, instructions, tags, manifest. */
  readonly content: string;
}

/** The SQL of what a mesh keeps for all: state, memories and skills. Writes are called inside a write of the database. */
export class NoteStore {
  constructor(private readonly db: Db) {}

  count(table: 'state' | 'memory' | 'skill', meshId: string): number {
    return this.db.sqlite.query<{ rows: number }, [string]>(`SELECT count(*) AS rows FROM ${table} WHERE mesh_id = ?`).get(meshId)!.rows;
  }

  state(meshId: string, key: string): State | null {
    return this.db.sqlite.query<State, [string, string]>('SELECT * FROM state WHERE mesh_id = ? AND key = ?').get(meshId, key);
  }

  states(meshId: string): State[] {
    return this.db.sqlite.query<State, [string]>('SELECT * FROM state WHERE mesh_id = ? ORDER BY key').all(meshId);
  }

  setState(meshId: string, { key, value, updated_by, updated_at }: State): void {
    this.db.sqlite
      .query(
        `INSERT INTO state (mesh_id, key, value, updated_by, updated_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT (mesh_id, key)
         DO UPDATE SET value = excluded.value, updated_by = excluded.updated_by, updated_at = excluded.updated_at`,
      )
      .run(meshId, key, value, updated_by, updated_at);
  }

  memory(meshId: string, id: string): Memory | null {
    return this.db.sqlite.query<Memory, [string, string]>('SELECT * FROM memory WHERE mesh_id = ? AND id = ?').get(meshId, id);
  }

  /** Those that hold every word, in content or tags, newest first. */
  recall(meshId: string, words: readonly string[], limit: number): Memory[] {
    const each = words.map(() => `AND (content LIKE ? ESCAPE '\\' OR tags LIKE ? ESCAPE '\\')`).join(' ');
    const patterns = words.flatMap((word) => [likeText(word), likeText(word)]);
    return this.db.sqlite
      .query<Memory, (string | number)[]>(`SELECT * FROM memory WHERE mesh_id = ? ${each} ORDER BY remembered_at DESC LIMIT ?`)
      .all(meshId, ...patterns, limit);
  }

  addMemory(meshId: string, memory: Memory): void {
    this.db.sqlite
      .query('INSERT INTO memory (id, mesh_id, content, tags, member_id, remembered_by, remembered_at) VALUES (?, ?, ?, ?, ?, ?, ?)')
      .run(memory.id, meshId, memory.content, memory.tags, memory.member_id, memory.remembered_by, memory.remembered_at);
  }

  forget(meshId: string, id: string): void {
    this.db.sqlite.query('DELETE FROM memory WHERE mesh_id = ? AND id = ?').run(meshId, id);
  }

  skill(meshId: string, name: string): Skill | null {
    return this.db.sqlite.query<Skill, [string, string]>('SELECT * FROM skill WHERE mesh_id = ? AND name = ?').get(meshId, name);
  }

  skills(meshId: string): Skill[] {
    return this.db.sqlite.query<Skill, [string]>('SELECT * FROM skill WHERE mesh_id = ? ORDER BY name').all(meshId);
  }

  share(meshId: string, skill: Skill): void {
    this.db.sqlite
      .query(
        `INSERT INTO skill (mesh_id, name, member_id, author, created_at, content) VALUES (?, ?, ?, ?, ?, ?)
         ON CONFLICT (mesh_id, name) DO UPDATE SET content = excluded.content`,
      )
      .run(meshId, skill.name, skill.member_id, skill.author, skill.created_at, skill.content);
  }

  removeSkill(meshId: string, name: string): void {
    this.db.sqlite.query('DELETE FROM skill WHERE mesh_id = ? AND name = ?').run(meshId, name);
  }
}

const likeText = (word: string): string => `%${word.replace(/[\\%_]/g, (char) => `\\${char}`)}%`;
