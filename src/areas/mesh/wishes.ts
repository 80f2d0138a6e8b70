import type { Db } from '../../storage/db';

type Wish = { readonly what: string; readonly value: string };

/** What a profile may say. */
export interface Profile {
  readonly summary?: string;
  readonly status?: 'idle' | 'working' | 'dnd';
  readonly visible?: boolean;
  readonly avatar?: string;
  readonly title?: string;
  readonly bio?: string;
  readonly capabilities?: readonly string[];
}

/**
 * What was asked of a mesh once and holds from then on: its profile, and the topics it hears. It is stored, and said again at every hello, so it
 * is not lost when the broker is away.
 */
export class Wishes {
  constructor(private readonly db: Db) {}

  private of(mesh: string): Wish[] {
    return this.db.sqlite.query<Wish, [string]>('SELECT what, value FROM mesh_wish WHERE mesh = ? ORDER BY what').all(mesh);
  }

  async profile(mesh: string, profile: Profile): Promise<void> {
    await this.put(
      mesh,
      Object.entries(profile).map(([field, value]) => ({ what: `profile.${field}`, value: JSON.stringify(value) })),
    );
  }

  async topic(mesh: string, topic: string, wanted: boolean): Promise<void> {
    if (wanted) return this.put(mesh, [{ what: `topic.${topic}`, value: 'true' }]);
    await this.db.write(() => this.db.sqlite.query('DELETE FROM mesh_wish WHERE mesh = ? AND what = ?').run(mesh, `topic.${topic}`));
  }

  private async put(mesh: string, wishes: readonly Wish[]): Promise<void> {
    await this.db.write(() => {
      const save = this.db.sqlite.query('INSERT INTO mesh_wish VALUES (?, ?, ?) ON CONFLICT (mesh, what) DO UPDATE SET value = excluded.value');
      for (const { what, value } of wishes) save.run(mesh, what, value);
    });
  }

  topics(mesh: string): string[] {
    return this.of(mesh).flatMap(({ what }) => (what.startsWith('topic.') ? [what.slice('topic.'.length)] : []));
  }

  /** The groups it is in, for the hello. */
  groups(mesh: string): readonly { readonly name: string; readonly role?: string }[] {
    const wish = this.of(mesh).find(({ what }) => what === 'groups');
    return wish ? (JSON.parse(wish.value) as { name: string; role?: string }[]) : [];
  }

  setGroups(mesh: string, groups: readonly { readonly name: string; readonly role?: string }[]): Promise<void> {
    return this.put(mesh, [{ what: 'groups', value: JSON.stringify(groups) }]);
  }

  /** Everything asked for, as frames. */
  frames(mesh: string): object[] {
    const profile = Object.fromEntries(
      this.of(mesh).flatMap(({ what, value }) =>
        what.startsWith('profile.') ? [[what.slice('profile.'.length), JSON.parse(value) as unknown]] : [],
      ),
    ) as Profile;
    return [...profileFrames(profile), ...this.topics(mesh).map((topic) => ({ type: 'topic_join', topic }))];
  }

  async forget(mesh: string): Promise<void> {
    await this.db.write(() => this.db.sqlite.query('DELETE FROM mesh_wish WHERE mesh = ?').run(mesh));
  }
}

export function profileFrames({ summary, status, visible, ...about }: Profile): object[] {
  return [
    ...(summary === undefined ? [] : [{ type: 'set_summary', summary }]),
    ...(status === undefined ? [] : [{ type: 'set_status', status }]),
    ...(visible === undefined ? [] : [{ type: 'set_visible', visible }]),
    ...(Object.keys(about).length === 0 ? [] : [{ type: 'set_profile', ...about }]),
  ];
}
