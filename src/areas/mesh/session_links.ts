import { hostname } from 'node:os';
import type { Clock } from '../../kernel/clock';
import type { Receiver } from './inbound';
import { Link } from './link';
import type { Keys, Sealer } from './sealer';
import type { JoinedMesh } from './service_types';
import { attest } from './wire/attestation';
import { FEATURES } from './wire/features';
import type { BrokerFrame } from './wire/frames_broker';
import { sign, SIGNED } from './wire/signature';

/** One run of an agent, with a key of its own that the member vouches for. */
export interface SessionPresence {
  readonly sessionId: string;
  readonly displayName: string;
  readonly keys: Keys;
  readonly pid: number;
  readonly cwd: string;
  readonly role: string | null;
  readonly groups: readonly string[];
}

export interface SessionLinksOptions {
  readonly joined: JoinedMesh;
  readonly member: Keys;
  readonly clock: Clock;
  ready(): Promise<Sealer>;
  firstRetryMs(): number;
  take(frame: BrokerFrame, to: Receiver): void;
  refused(code: string): void;
  /** A session's link opened, or broke. */
  changed(link: Link, session: string): void;
}

/** The links of a mesh's sessions. Each is vouched for anew at every hello, so none outlives what the member says. */
export class SessionLinks {
  private readonly links = new Map<string, { readonly link: Link; readonly keys: Keys }>();
  private running = false;

  constructor(private readonly options: SessionLinksOptions) {}

  add(session: SessionPresence): void {
    const { options } = this;
    const { keys } = session;
    this.remove(keys.publicKey);
    const receiver = (): Receiver => ({ link, kind: 'session', keys: [keys, options.member] });
    const link: Link = new Link({
      url: options.joined.brokerUrl,
      clock: options.clock,
      firstRetryMs: options.firstRetryMs,
      hello: () => this.hello(session),
      proof: async (nonce) => sign((await options.ready()).sodium, SIGNED.challenge(options.joined.meshId, keys.publicKey, nonce), keys.secretKey),
      state: () => options.changed(link, keys.publicKey),
      frame: (frame) => options.take(frame, receiver()),
      refused: options.refused,
    });
    this.links.set(keys.publicKey, { link, keys });
    if (this.running) link.start();
  }

  remove(publicKey: string): void {
    const found = this.links.get(publicKey);
    this.links.delete(publicKey);
    found?.link.stop();
  }

  route(publicKey: string): { readonly link: Link; readonly keys: Keys } | null {
    const found = this.links.get(publicKey);
    return found?.link.state === 'open' ? found : null;
  }

  /** How the link of a session is; null when there is none. */
  stateOf(publicKey: string): { readonly state: string; readonly reason: string | null } | null {
    const link = this.links.get(publicKey)?.link;
    return link ? { state: link.state, reason: link.reason } : null;
  }

  start(): void {
    this.running = true;
    for (const { link } of this.links.values()) link.start();
  }

  stop(): void {
    this.running = false;
    for (const { link } of this.links.values()) link.stop();
  }

  private async hello(session: SessionPresence): Promise<object> {
    const { joined, member, clock, ready } = this.options;
    const { sodium } = await ready();
    const timestamp = clock.now();
    const { keys, displayName, sessionId, pid, cwd, role, groups } = session;
    return {
      type: 'session_hello',
      meshId: joined.meshId,
      parentMemberId: joined.memberId,
      parentMemberPubkey: member.publicKey,
      sessionPubkey: keys.publicKey,
      parentAttestation: attest(sodium, member, keys.publicKey, timestamp),
      ...{ displayName, sessionId, pid, cwd, hostname: hostname(), peerType: 'ai', channel: 'claudemesh-session' },
      ...{ groups: groups.map((name) => ({ name })), ...(role === null ? {} : { role }), capabilities: [FEATURES.challenge] },
      timestamp,
      signature: sign(sodium, SIGNED.sessionHello(joined.meshId, member.publicKey, keys.publicKey, timestamp), keys.secretKey),
    };
  }
}
