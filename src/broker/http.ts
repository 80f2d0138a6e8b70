import { Claim, Join } from '../areas/mesh/wire/enrolment';
import { Status } from '../areas/mesh/wire/frame_fields';
import { isLoopback } from '../daemon/values';
import { ZdError } from '../kernel/error';
import type { Logger } from '../kernel/log';
import { t, type Static } from '../kernel/schema';
import { version } from '../version';
import type { Broker } from './broker';
import { bodyOf, EnrolmentRefused, type Enrolment } from './enrolment';
import type { Limiter } from './limiter';

const MAX_BODY = 65_536;
const HOOK = '/hook/set-status';

const SetStatus = t.Object({
  cwd: t.String({ maxLength: 4096 }),
  pid: t.Optional(t.Integer()),
  session_id: t.Optional(t.String({ maxLength: 256 })),
  status: Status,
});

export interface HttpDeps {
  readonly broker: Broker;
  readonly enrolment: Enrolment;
  /** Tries to join, by address: codes must not be found by trying. */
  readonly tries: Limiter;
  /** What hooks report, by peer. */
  readonly hooks: Limiter;
  /** Lets its bearer make meshes. */
  readonly token: string;
  readonly startedAt: number;
  readonly log: Logger;
}

/** The broker's plain HTTP: its health, and the ways into a mesh. */
export class BrokerHttp {
  constructor(private readonly deps: HttpDeps) {}

  async answer(request: Request, remote: string): Promise<Response> {
    try {
      return await this.route(request, new URL(request.url).pathname, remote);
    } catch (error) {
      if (error instanceof EnrolmentRefused) return this.refuse(error.status, error.code);
      if (error instanceof ZdError) return this.refuse(503, error.code);
      this.deps.log.error('a request could not be answered', { error });
      return this.refuse(500, 'internal');
    }
  }

  private async route(request: Request, path: string, remote: string): Promise<Response> {
    const { enrolment } = this.deps;
    if (request.method === 'GET' || request.method === 'HEAD') {
      if (path === '/health') return this.health(200);
      if (path === '/health/ready') return this.health(503);
      if (path === '/metrics') return this.metrics();
      return this.refuse(404, 'not_found');
    }
    if (request.method !== 'POST') return this.refuse(405, 'method_not_allowed');
    const invites = /^\/meshes\/([0-9A-Za-z]{1,64})\/invites$/.exec(path);
    const revoke = /^\/meshes\/([0-9A-Za-z]{1,64})\/invites\/([0-9A-Za-z]{1,64})\/revoke$/.exec(path);
    const claim = /^\/invites\/([0-9A-Za-z]{1,64})\/claim$/.exec(path);
    if (path !== '/meshes' && path !== '/join' && !invites && !revoke && !claim && path !== HOOK) return this.refuse(404, 'not_found');
    if (!request.headers.get('content-type')?.startsWith('application/json')) return this.refuse(415, 'unsupported_media_type');
    const { broker, tries } = this.deps;
    const wait = tries.take(remote, null, broker.deps.clock.monotonic());
    if (wait > 0) return this.refuse(429, 'too_many', { 'retry-after': String(Math.ceil(wait / 1000)) });
    if (path === '/meshes') this.authorise(request);
    const text = await textOf(request);
    const proof = { timestamp: Number(request.headers.get('x-zd-timestamp') ?? Number.NaN), signature: request.headers.get('x-zd-signature') ?? '' };
    if (path === '/meshes') return json(200, { ok: true, ...(await enrolment.createMesh(text, proof)) });
    if (invites) return json(200, { ok: true, ...(await enrolment.createInvite(invites[1]!, text, proof)) });
    if (revoke) {
      await enrolment.revokeInvite(revoke[1]!, revoke[2]!, text, proof);
      return json(200, { ok: true });
    }
    if (path === HOOK) return this.hook(text, remote);
    if (claim) return json(200, await enrolment.claim(claim[1]!, bodyOf(text, Claim) as Claim));
    const { memberId, alreadyMember } = await enrolment.join(bodyOf(text, Join) as Join);
    return json(200, { ok: true, memberId, ...(alreadyMember ? { alreadyMember } : {}) });
  }

  /** What a hook of an agent on this machine says of it. */
  private hook(text: string, remote: string): Response {
    if (!isLoopback(remote)) throw new EnrolmentRefused(403, 'forbidden');
    const { presences, clock } = this.deps.broker.deps;
    const { cwd, pid, session_id, status } = bodyOf(text, SetStatus) as Static<typeof SetStatus>;
    const here = [...presences.roster.all()].filter((peer) => peer.connection && (session_id ? peer.sessionId === session_id : peer.cwd === cwd));
    const peer = here.find((each) => pid !== undefined && each.pid === pid) ?? (here.length === 1 ? here[0] : undefined);
    if (!peer) return json(200, { ok: false, error: here.length === 0 ? 'no_such_peer' : 'ambiguous' });
    const wait = this.deps.hooks.take(peer.id, null, clock.monotonic());
    if (wait > 0) return this.refuse(429, 'too_many', { 'retry-after': String(Math.ceil(wait / 1000)) });
    presences.setStatus(peer, status, 'hook');
    return json(200, { ok: true, presence_id: peer.id });
  }

  /** Forgets addresses that have been quiet. */
  sweep(): void {
    const now = this.deps.broker.deps.clock.monotonic();
    for (const limiter of [this.deps.tries, this.deps.hooks]) limiter.sweep(now, 0);
  }

  private authorise(request: Request): void {
    const digest = (value: string) => new Bun.CryptoHasher('sha256').update(value).digest();
    const given = /^Bearer (.+)$/.exec(request.headers.get('authorization') ?? '')?.[1] ?? '';
    if (!crypto.timingSafeEqual(digest(given), digest(this.deps.token))) throw new EnrolmentRefused(401, 'unauthorized');
  }

  /** `down` is the status when the database cannot be written. */
  private health(down: number): Response {
    const { trouble } = this.deps.broker.deps.db;
    const uptime = Math.floor((Date.now() - this.deps.startedAt) / 1000);
    return json(trouble === null ? 200 : down, { ok: trouble === null, db: trouble === null ? 'up' : 'down', version, uptime });
  }

  private metrics(): Response {
    const { broker } = this.deps;
    const { meshes, presences, counters, messages, db } = broker.deps;
    const peers = [...presences.roster.all()];
    const gauge = (name: string, help: string, value: number) => ({ name: `zd_broker_${name}`, type: 'gauge' as const, help, samples: [{ value }] });
    return counters.response([
      gauge('uptime_seconds', 'Seconds since the start.', Math.floor((Date.now() - this.deps.startedAt) / 1000)),
      gauge('open_connections', 'Open WebSockets.', broker.open),
      gauge('peers', 'Connected peers.', peers.filter(({ connection }) => connection).length),
      gauge('peers_in_grace', 'Peers that left and are expected back.', peers.filter(({ connection }) => !connection).length),
      gauge('in_flight', 'Pushes that wait for their acknowledgement.', broker.inFlight()),
      gauge('undelivered', 'Deliveries that wait for their recipient.', messages.undelivered()),
      gauge('meshes', 'Meshes.', meshes.count('mesh')),
      gauge('members', 'Members of all meshes.', meshes.count('member')),
      gauge('database_bytes', 'Size of the database.', db.size()),
    ]);
  }

  private refuse(status: number, error: string, headers: Record<string, string> = {}): Response {
    this.deps.broker.deps.counters.refused(error);
    return json(status, { ok: false, error }, headers);
  }
}

const json = (status: number, body: object, headers: Record<string, string> = {}): Response =>
  Response.json(body, { status, headers: { 'cache-control': 'no-store', ...headers } });

async function textOf(request: Request): Promise<string> {
  const text = await request.text();
  if (Buffer.byteLength(text) > MAX_BODY) throw new EnrolmentRefused(413, 'too_large');
  return text;
}
