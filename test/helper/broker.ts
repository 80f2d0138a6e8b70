import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DirectBox } from '../../src/areas/mesh/wire/box';
import { inviteLink, ownerRequestText, parseInvite, signInvite, type InvitePayload } from '../../src/areas/mesh/wire/invite';
import { lookupOf } from '../../src/areas/mesh/wire/invite_v2';
import { newIdentity, newSymmetricKey, type Identity } from '../../src/areas/mesh/wire/keys';
import { sign } from '../../src/areas/mesh/wire/signature';
import { loadSodium } from '../../src/areas/mesh/wire/sodium';
import { atEnd, cleanEnv, tempHome, ZD } from './daemon';
import { until } from './until';

export const sodium = await loadSodium();
export const box = new DirectBox(sodium);

export interface Seat {
  readonly meshId: string;
  readonly memberId: string;
  readonly keys: Identity;
  readonly name: string;
}

export interface Mesh {
  readonly id: string;
  readonly slug: string;
  readonly owner: Seat;
  readonly rootKey: string;
}

const running = new Set<TestBroker>();

/** A real `zd broker` in a home of its own. */
export class TestBroker {
  private child: Bun.Subprocess | undefined;
  private port = 0;
  url = '';

  constructor(
    readonly home: string,
    private readonly args: readonly string[],
    private readonly command: readonly string[],
  ) {}

  get folder(): string {
    return join(this.home, 'broker');
  }

  get http(): string {
    return this.url.replace(/^ws/, 'http').replace(/\/ws$/, '');
  }

  get token(): string {
    return readFileSync(join(this.folder, 'token'), 'utf8').trim();
  }

  get pid(): number {
    return this.child!.pid;
  }

  log(): string {
    const file = join(this.folder, 'broker.log');
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  }

  /** On the port it had before, so clients find it again. */
  async start(env: Readonly<Record<string, string>> = {}): Promise<this> {
    const child = Bun.spawn([...this.command, 'broker', '--listen', `127.0.0.1:${this.port}`, '--json', ...this.args], {
      env: cleanEnv(this.home, env),
      cwd: this.home,
      stdin: 'ignore',
      stdout: 'ignore',
      stderr: 'ignore',
    });
    this.child = child;
    running.add(this);
    const record = await until('the broker listens', () => {
      if (child.exitCode !== null) throw new Error(`zd broker ended with ${child.exitCode}: ${this.log()}`);
      const file = join(this.folder, 'broker.json');
      const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
      const read = text === '' ? null : (JSON.parse(text) as { pid: number; url: string });
      return read?.pid === child.pid ? read : undefined;
    });
    this.url = record.url;
    this.port = Number(new URL(record.url).port);
    return this;
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number> {
    this.child!.kill(signal);
    const code = await this.child!.exited;
    running.delete(this);
    return code;
  }

  async ended(): Promise<number> {
    return this.child!.exited;
  }

  async post(path: string, body: object | string, headers: Record<string, string> = {}): Promise<{ status: number; body: any }> {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const response = await fetch(`${this.http}${path}`, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: text });
    return { status: response.status, body: await response.json().catch(() => null) };
  }

  /** A request as the owner signs it. */
  owned(
    action: string,
    meshId: string,
    path: string,
    body: object,
    owner: Identity,
    headers: Record<string, string> = {},
  ): Promise<{ status: number; body: any }> {
    const text = JSON.stringify(body);
    const timestamp = Date.now();
    const signature = sign(sodium, ownerRequestText(action, meshId, text, timestamp), owner.secretKey);
    return this.post(path, text, { 'x-zd-timestamp': String(timestamp), 'x-zd-signature': signature, ...headers });
  }

  async mesh(slug = 'team'): Promise<Mesh> {
    const keys = newIdentity(sodium);
    const body = { slug, owner_pubkey: keys.publicKey, display_name: 'Owner' };
    const reply = await this.owned('create', '', '/meshes', body, keys, { authorization: `Bearer ${this.token}` });
    if (reply.status !== 200) throw new Error(JSON.stringify(reply));
    return {
      id: reply.body.mesh_id,
      slug,
      owner: { meshId: reply.body.mesh_id, memberId: reply.body.member_id, keys, name: 'Owner' },
      rootKey: newSymmetricKey(sodium),
    };
  }

  /** An invitation of version 1, and its link. */
  async invite(
    mesh: Mesh,
    over: Partial<InvitePayload> & { max_uses?: number } = {},
  ): Promise<{ payload: InvitePayload; token: string; link: string }> {
    const { max_uses = 100, ...given } = over;
    const payload = signInvite(
      sodium,
      {
        ...{ v: 1, mesh_id: mesh.id, mesh_slug: mesh.slug, broker_url: this.url, expires_at: Math.floor(Date.now() / 1000) + 3600 },
        ...{ mesh_root_key: mesh.rootKey, role: 'member', owner_pubkey: mesh.owner.keys.publicKey, ...given },
      },
      mesh.owner.keys.secretKey,
    );
    const { token } = parseInvite(inviteLink(payload))!;
    const { role, expires_at, signature } = payload;
    const body = { version: 1, invite_id: crypto.randomUUID().replaceAll('-', ''), lookup: lookupOf(token), role, expires_at, max_uses, signature };
    const reply = await this.owned('invite', mesh.id, `/meshes/${mesh.id}/invites`, body, mesh.owner.keys);
    if (reply.status !== 200) throw new Error(JSON.stringify(reply));
    return { payload, token, link: inviteLink(payload) };
  }

  async member(mesh: Mesh, name: string, role: 'admin' | 'member' = 'member'): Promise<Seat> {
    const { payload, token } = await this.invite(mesh, { role });
    const keys = newIdentity(sodium);
    const reply = await this.post('/join', { invite_token: token, invite_payload: payload, peer_pubkey: keys.publicKey, display_name: name });
    if (reply.status !== 200) throw new Error(JSON.stringify(reply));
    return { meshId: mesh.id, memberId: reply.body.memberId, keys, name };
  }

  async metrics(): Promise<Map<string, number>> {
    const text = await (await fetch(`${this.http}/metrics`)).text();
    return new Map(
      text
        .split('\n')
        .filter((line) => line !== '' && !line.startsWith('#'))
        .map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
    );
  }

  /** How often something was refused with this code. */
  async refused(code: string): Promise<number> {
    return (await this.metrics()).get(`zd_broker_refused_total{code="${code}"}`) ?? 0;
  }
}

/** Starts a broker; it is ended when the test file is over. `command` runs it as another program. */
export const startBroker = async (
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
  command: readonly string[] = ZD,
): Promise<TestBroker> => new TestBroker(tempHome(), args, command).start(env);

atEnd(() => {
  for (const broker of running) {
    try {
      process.kill(broker.pid, 'SIGKILL');
    } catch {
      // It ended by itself just now.
    }
  }
  running.clear();
});
