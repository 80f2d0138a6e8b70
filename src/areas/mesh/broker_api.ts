import type { Clock } from '../../kernel/clock';
import { ZdError } from '../../kernel/error';
import { checker } from '../../kernel/validate';
import type { JoinedMesh } from './service_types';
import { ClaimReply, type Claim, type CreateInvite, type CreateMesh, type Join } from './wire/enrolment';
import { ownerRequestText } from './wire/invite';
import { sign } from './wire/signature';
import { loadSodium } from './wire/sodium';

const PATIENCE_MS = 10_000;
const MAX_REPLY = 65_536;
const ID = /^[^|\p{Cc}]{1,256}$/u;

/** What a broker answers over plain HTTP. Every method throws `broker_unreachable`, `unauthorized` or `invite_refused`. */
export interface BrokerApi {
  create(mesh: CreateMesh, ownerSecretKey: string, token: string): Promise<{ mesh_id: string; member_id: string }>;
  /** What it is called there. */
  invite(mesh: JoinedMesh, invite: CreateInvite): Promise<string>;
  revoke(mesh: JoinedMesh, inviteId: string): Promise<void>;
  join(join: Join): Promise<{ memberId: string }>;
  claim(code: string, claim: Claim): Promise<ClaimReply>;
}

/** Texts for what brokers say; anything else is shown as it is called. */
const REASONS: Readonly<Record<string, string>> = {
  invite_expired: 'it has expired',
  expired: 'it has expired',
  invite_exhausted: 'it was used up',
  exhausted: 'it was used up',
  invite_revoked: 'it was revoked',
  revoked: 'it was revoked',
  invite_not_found: 'the broker does not know it',
  not_found: 'the broker does not know it',
  invite_exists: 'there is another invitation of that name',
  mesh_not_found: 'the broker does not know the mesh',
  member_revoked: 'this member was banned from the mesh',
  timestamp_skew: 'the clocks of this machine and the broker differ by more than a minute',
};

/** `url` is the address of the WebSocket. */
export function brokerApi(url: string, clock: Clock): BrokerApi {
  const base = url.replace(/^ws/, 'http').replace(/\/ws\/?$/, '');

  async function post(path: string, text: string, headers: Record<string, string> = {}): Promise<Record<string, unknown>> {
    const { status, body } = await fetch(`${base}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: text,
      redirect: 'error',
      signal: AbortSignal.timeout(PATIENCE_MS),
    })
      .then(async (response) => ({ status: response.status, body: (await response.text()).slice(0, MAX_REPLY) }))
      .catch((error: unknown) => {
        throw new ZdError('broker_unreachable', `The broker ${base} does not answer.`, { cause: error });
      });
    const reply = parsed(body);
    if (status === 200 && reply) return reply;
    const said = typeof reply?.error === 'string' ? reply.error.replaceAll(/\p{Cc}/gu, ' ').slice(0, 100) : `HTTP ${status}`;
    if (status === 401 && said === 'unauthorized') throw new ZdError('unauthorized', 'The broker does not accept the token.');
    if (status >= 500 || status === 429) throw new ZdError('broker_unreachable', `The broker ${base} cannot do this now: ${said}.`);
    throw new ZdError('invite_refused', `The broker refused: ${REASONS[said] ?? said}.`);
  }

  async function owned(action: string, meshId: string, path: string, body: object, secretKey: string, headers: Record<string, string> = {}) {
    const text = JSON.stringify(body);
    const timestamp = clock.now();
    const signature = sign(await loadSodium(), ownerRequestText(action, meshId, text, timestamp), secretKey);
    return post(path, text, { 'x-zd-timestamp': String(timestamp), 'x-zd-signature': signature, ...headers });
  }

  return {
    async create(mesh, ownerSecretKey, token) {
      const { mesh_id, member_id } = await owned('create', '', '/meshes', mesh, ownerSecretKey, { authorization: `Bearer ${token}` });
      return { mesh_id: idOf(mesh_id), member_id: idOf(member_id) };
    },
    async invite({ meshId, secretKey }, invite) {
      return idOf((await owned('invite', meshId, `/meshes/${meshId}/invites`, invite, secretKey)).invite_id);
    },
    async revoke({ meshId, secretKey }, inviteId) {
      await owned(`revoke ${inviteId}`, meshId, `/meshes/${meshId}/invites/${inviteId}/revoke`, {}, secretKey);
    },
    async join(join) {
      return { memberId: idOf((await post('/join', JSON.stringify(join))).memberId) };
    },
    async claim(code, claim) {
      const reply = await post(`/invites/${code}/claim`, JSON.stringify(claim));
      if (!checker(ClaimReply).Check(reply)) throw unexpected();
      return reply as ClaimReply;
    },
  };
}

const unexpected = () => new ZdError('broker_unreachable', 'The broker answered something that is no answer to this.');

function idOf(value: unknown): string {
  if (typeof value !== 'string' || !ID.test(value)) throw unexpected();
  return value;
}

function parsed(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
