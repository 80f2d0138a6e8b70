import type { MeshService } from './service';

/** A topic as it is addressed: `#` and its name or id. */
export const topicTarget = (topic: string): string => (topic.startsWith('#') ? topic : `#${topic}`);
const bare = (topic: string): string => topic.replace(/^#/, '');

/** The topics of one mesh or all, and whether we hear them. A mesh whose broker does not answer is named. */
export async function topicsOf({ meshes, wishes }: MeshService, slug: string | null) {
  const away: string[] = [];
  const lists = await Promise.all(
    meshes.some(slug).map(async ({ joined, roster }) => {
      const heard = new Set(wishes.topics(joined.slug));
      try {
        return (await roster.listTopics()).map((topic) => ({
          ...topic,
          mesh: joined.slug,
          subscribed: heard.has(String(topic.id)) || heard.has(String(topic.name)),
        }));
      } catch {
        away.push(joined.slug);
        return [...heard].map((name) => ({ name, mesh: joined.slug, subscribed: true }));
      }
    }),
  );
  return { topics: lists.flat() as (Record<string, unknown> & { mesh: string; subscribed: boolean })[], unreachable: away };
}

/** Hears a topic from now on, or no more. It is stored, and told to the broker at every hello; `told`: it knows by now. */
export async function subscribeTopic({ meshes, wishes }: MeshService, slug: string | null, topic: string, wanted: boolean) {
  const { joined, link } = meshes.pick(slug);
  const name = bare(topic.trim());
  await wishes.topic(joined.slug, name, wanted);
  const told = link.send({ type: wanted ? 'topic_join' : 'topic_leave', topic: name });
  return { topic: name, mesh: joined.slug, subscribed: wanted, told };
}
