import { ZdError } from '../../kernel/error';
import type { Link } from './link';
import type { PeerRecord } from './wire/frames_broker';
import type { Target } from './wire/target';

/** A list younger than this is used again, unless somebody came or left since. */
const FRESH_MS = 1000;
/** How long a link that is coming up is waited for. */
const SETTLE_MS = 2000;

interface Topic {
  readonly id: string;
  readonly name: string;
}

/** Who is in a mesh now, as its broker says. */
export class Roster {
  private peers: { at: number; list: Promise<readonly PeerRecord[]> } | null = null;
  private topics: { at: number; list: Promise<readonly Record<string, unknown>[]> } | null = null;

  constructor(
    private readonly link: Link,
    private readonly slug: string,
    private readonly ownKey: string,
  ) {}

  changed(): void {
    this.peers = null;
    this.topics = null;
  }

  /** Throws `broker_unreachable`. */
  async list(): Promise<readonly PeerRecord[]> {
    await this.link.settled(SETTLE_MS);
    if (!this.peers || performance.now() - this.peers.at > FRESH_MS)
      this.peers = { at: performance.now(), list: this.link.request<'peers_list'>({ type: 'list_peers' }).then(({ peers }) => peers) };
    const asked = this.peers;
    return asked.list.catch((error: unknown) => {
      if (this.peers === asked) this.peers = null;
      throw unreachable(this.slug, error);
    });
  }

  async listTopics(): Promise<readonly Record<string, unknown>[]> {
    await this.link.settled(SETTLE_MS);
    if (!this.topics || performance.now() - this.topics.at > FRESH_MS)
      this.topics = {
        at: performance.now(),
        list: this.link.request<'topic_list_response'>({ type: 'topic_list' }).then(({ topics }) => topics as Record<string, unknown>[]),
      };
    const asked = this.topics;
    return asked.list.catch((error: unknown) => {
      if (this.topics === asked) this.topics = null;
      throw unreachable(this.slug, error);
    });
  }

  /** What the broker is told a message is for. Throws `no_such_target` or `ambiguous_target`; names and prefixes need the broker: `broker_unreachable`. */
  async resolve(target: Target): Promise<string> {
    switch (target.form) {
      case 'prefix':
        return this.pick(
          await this.known(target.prefix),
          ({ pubkey, memberPubkey }) => pubkey.startsWith(target.prefix) || memberPubkey?.startsWith(target.prefix) === true,
          `no peer matching prefix "${target.prefix}"`,
          (count) => `prefix "${target.prefix}" is ambiguous (${count} matches)`,
        );
      case 'name': {
        const name = target.name.toLowerCase();
        return this.pick(
          await this.known(target.name),
          ({ displayName }) => displayName?.toLowerCase() === name,
          `peer "${target.name}" not found`,
          (count) => `peer "${target.name}" is ambiguous (${count} matches)`,
        );
      }
      case 'topic_name': {
        const topics = (await this.listTopics().catch(offline(target.spec))).filter((topic): topic is Record<string, unknown> & Topic =>
          isTopic(topic),
        );
        const found = topics.find(({ name }) => name === target.topic);
        if (!found) throw routeFailed('no_such_target', `topic "${target.topic}" not found`);
        return `#${found.id}`;
      }
      default:
        return target.spec;
    }
  }

  private known(what: string): Promise<readonly PeerRecord[]> {
    return this.list().catch(offline(what));
  }

  /** A session answers for a person before the daemon does; who is found twice is found by nobody. */
  private pick(peers: readonly PeerRecord[], fits: (peer: PeerRecord) => boolean, none: string, many: (count: number) => string): string {
    const found = peers.filter((peer) => peer.pubkey !== this.ownKey && /^[0-9a-f]{64}$/.test(peer.pubkey) && fits(peer));
    const sessions = found.filter(({ peerRole }) => peerRole !== 'control-plane');
    const keys = [...new Set((sessions.length > 0 ? sessions : found).map(({ pubkey }) => pubkey))];
    if (keys.length === 1) return keys[0]!;
    throw keys.length === 0 ? routeFailed('no_such_target', none) : routeFailed('ambiguous_target', many(keys.length));
  }
}

const isTopic = (topic: Record<string, unknown>): boolean => typeof topic.id === 'string' && typeof topic.name === 'string';

const routeFailed = (code: 'no_such_target' | 'ambiguous_target' | 'broker_unreachable', detail: string): ZdError =>
  new ZdError(code, detail, { extra: { error: 'route_failed', detail } });

const offline = (what: string) => (error: unknown) => {
  if (!(error instanceof ZdError) || error.code !== 'broker_unreachable') throw error;
  throw routeFailed('broker_unreachable', `"${what}" cannot be looked up: ${error.message}`);
};

export const unreachable = (slug: string, error: unknown): ZdError => {
  if (error instanceof ZdError) return error;
  const detail = error instanceof Error ? error.message : 'no answer';
  return new ZdError('broker_unreachable', `The broker of ${slug} does not answer: ${detail}.`, { extra: { error: 'broker_unreachable', detail } });
};
