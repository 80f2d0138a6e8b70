import type { Db } from '../storage/db';

export interface Topic {
  readonly id: string;
  readonly mesh_id: string;
  readonly name: string;
  readonly description: string | null;
  readonly visibility: 'public' | 'private' | 'dm';
  readonly created_at: number;
}

export interface TopicMember {
  readonly member_id: string;
  readonly role: 'lead' | 'member' | 'observer';
  readonly last_read_at: number | null;
}

/** The SQL of topics and who is in them. Writes are called inside a write of the database. */
export class TopicStore {
  constructor(private readonly db: Db) {}

  /** By id, or else by name. */
  find(meshId: string, idOrName: string): Topic | null {
    return this.db.sqlite
      .query<Topic, [string, string, string]>('SELECT * FROM topic WHERE mesh_id = ?1 AND (id = ?2 OR name = ?2) ORDER BY id = ?3 DESC LIMIT 1')
      .get(meshId, idOrName, idOrName);
  }

  all(meshId: string): (Topic & { members: number })[] {
    return this.db.sqlite
      .query<Topic & { members: number }, [string]>(
        'SELECT topic.*, (SELECT count(*) FROM topic_member WHERE topic_id = topic.id) AS members FROM topic WHERE mesh_id = ? ORDER BY name',
      )
      .all(meshId);
  }

  add(topic: Topic): void {
    this.db.sqlite
      .query('INSERT INTO topic (id, mesh_id, name, description, visibility, created_at) VALUES (?, ?, ?, ?, ?, ?)')
      .run(topic.id, topic.mesh_id, topic.name, topic.description, topic.visibility, topic.created_at);
  }

  member(topicId: string, memberId: string): TopicMember | null {
    return this.db.sqlite
      .query<TopicMember, [string, string]>('SELECT member_id, role, last_read_at FROM topic_member WHERE topic_id = ? AND member_id = ?')
      .get(topicId, memberId);
  }

  members(topicId: string): TopicMember[] {
    return this.db.sqlite.query<TopicMember, [string]>('SELECT member_id, role, last_read_at FROM topic_member WHERE topic_id = ?').all(topicId);
  }

  join(topicId: string, memberId: string, role: TopicMember['role']): void {
    this.db.sqlite.query('INSERT INTO topic_member (topic_id, member_id, role) VALUES (?, ?, ?) ON CONFLICT DO NOTHING').run(topicId, memberId, role);
  }

  leave(topicId: string, memberId: string): void {
    this.db.sqlite.query('DELETE FROM topic_member WHERE topic_id = ? AND member_id = ?').run(topicId, memberId);
  }

  read(topicId: string, memberId: string, at: number): void {
    this.db.sqlite.query('UPDATE topic_member SET last_read_at = ? WHERE topic_id = ? AND member_id = ?').run(at, topicId, memberId);
  }

  /** Pushes of a topic older than message number `before`, newest first. */
  history(topicId: string, before: number, limit: number): string[] {
    return this.db.sqlite
      .query<{ frame: string }, [string, number, number]>('SELECT frame FROM message WHERE topic_id = ? AND seq < ? ORDER BY seq DESC LIMIT ?')
      .all(topicId, before, limit)
      .map(({ frame }) => frame);
  }
}
