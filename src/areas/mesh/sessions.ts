import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../kernel/clock';
import { ZdError } from '../../kernel/error';
import type { Logger } from '../../kernel/log';
import { identify, isAlive, type ProcessIdentity } from '../../kernel/process';
import type { Mesh } from './mesh';
import type { Meshes } from './meshes';
import type { Keys } from './sealer';
import { identityOf, newIdentity } from './wire/keys';
import { loadSodium } from './wire/sodium';

/** A registered run of an agent. The token is kept as its hash only, the key in a file of its own. */
export interface Session {
  readonly tokenHash: string;
  readonly sessionId: string;
  readonly mesh: string;
  readonly displayName: string;
  readonly process: ProcessIdentity;
  readonly cwd: string | null;
  readonly role: string | null;
  readonly groups: readonly string[];
  readonly pubkey: string;
  readonly registeredAt: number;
}

export interface Registration extends Omit<Session, 'tokenHash' | 'process' | 'pubkey' | 'registeredAt'> {
  readonly token: string;
  readonly pid: number;
  /** The session's own key, when the launcher made one. */
  readonly secretKey: string | null;
}

const LIFE_MS = 24 * 3_600_000;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const hashOf = (token: string): string => new Bun.CryptoHasher('sha256').update(token.toLowerCase()).digest('hex');

/** Who among the processes of this machine may read and send as a session, each with its own key and link. */
export class Sessions {
  private readonly byHash = new Map<string, Session>();
  /** Keys that are in no file: those of sessions whose id can name none. */
  private readonly keys = new Map<string, Keys>();

  constructor(
    private readonly meshes: Meshes,
    private readonly folder: string,
    private readonly write: (file: string, text: string) => void,
    private readonly clock: Clock,
    private readonly log: Logger,
  ) {}

  private get file(): string {
    return join(this.folder, 'sessions.list');
  }

  /** Revives those whose process still runs. Without the file it costs one look. */
  start(): void {
    let stored: Session[];
    try {
      stored = (JSON.parse(readFileSync(this.file, 'utf8')) as { sessions: Session[] }).sessions;
    } catch {
      return;
    }
    for (const session of stored) if (isAlive(session.process)) this.byHash.set(session.tokenHash, { ...session, registeredAt: this.clock.now() });
    this.log.info('sessions_rehydrated', { sessions: this.byHash.size });
  }

  /** A mesh came up: the links of its sessions come with it. */
  attached(mesh: Mesh): void {
    for (const session of this.byHash.values()) if (session.mesh === mesh.joined.slug) void this.connect(mesh, session);
  }

  async register(given: Registration): Promise<Session> {
    const mesh = this.meshes.find(given.mesh);
    const process = identify(given.pid);
    if (!process) throw new ZdError('no_such_process', `There is no process ${given.pid} here.`, { extra: { error: 'no such process' } });
    const keys = await this.keysOf(given);
    for (const other of [...this.byHash.values()]) if (other.sessionId === given.sessionId && other.mesh === given.mesh) this.drop(other);
    const { sessionId, displayName, cwd, role, groups } = given;
    const session: Session = {
      ...{ sessionId, mesh: given.mesh, displayName, cwd, role, groups, process },
      tokenHash: hashOf(given.token),
      pubkey: keys.publicKey,
      registeredAt: this.clock.now(),
    };
    this.byHash.set(session.tokenHash, session);
    this.keys.set(keys.publicKey, keys);
    this.save();
    await this.connect(mesh, session);
    return session;
  }

  private async connect(mesh: Mesh, session: Session): Promise<void> {
    const keys = this.keys.get(session.pubkey) ?? this.stored(session.mesh, session.sessionId);
    if (!keys) return this.log.warn('session_rehydrate_failed', { mesh: session.mesh, session: session.sessionId });
    this.keys.set(keys.publicKey, keys);
    const { sessionId, displayName, cwd, role, groups, process } = session;
    mesh.sessions.add({ sessionId, displayName, keys, pid: process.pid, cwd: cwd ?? '/', role, groups });
  }

  private async keysOf({ mesh, sessionId, secretKey }: Registration): Promise<Keys> {
    const sodium = await loadSodium();
    if (secretKey !== null) {
      const keys = identityOf(sodium, secretKey);
      if (!keys) throw new ZdError('bad_args', '/presence: the key of the session is none', { extra: { error: 'bad session key' } });
      this.keep(mesh, sessionId, keys);
      return keys;
    }
    const known = this.stored(mesh, sessionId);
    if (known && identityOf(sodium, known.secretKey)) return known;
    const keys = newIdentity(sodium);
    this.keep(mesh, sessionId, keys);
    return keys;
  }

  private fileOf(mesh: string, sessionId: string): string | null {
    return UUID.test(sessionId) ? join(this.folder, 'sessions', mesh, `${sessionId}.json`) : null;
  }

  private stored(mesh: string, sessionId: string): Keys | null {
    const file = this.fileOf(mesh, sessionId);
    try {
      return file === null ? null : (JSON.parse(readFileSync(file, 'utf8')) as Keys);
    } catch {
      return null;
    }
  }

  private keep(mesh: string, sessionId: string, { publicKey, secretKey }: Keys): void {
    const file = this.fileOf(mesh, sessionId);
    if (file === null) return;
    mkdirSync(join(this.folder, 'sessions', mesh), { recursive: true, mode: 0o700 });
    const createdAt = new Date(this.clock.now()).toISOString();
    this.write(file, `${JSON.stringify({ version: 1, meshSlug: mesh, sessionId, publicKey, secretKey, createdAt })}\n`);
  }

  /** Null for a token nobody has, or has no more. */
  resolve(token: string): Session | null {
    const session = this.byHash.get(hashOf(token));
    if (!session) return null;
    if (this.clock.now() - session.registeredAt < LIFE_MS) return session;
    this.drop(session);
    return null;
  }

  deregister(token: string): boolean {
    const session = this.byHash.get(hashOf(token));
    if (session) {
      this.drop(session);
      this.save();
    }
    return session !== undefined;
  }

  list(): readonly Session[] {
    return [...this.byHash.values()];
  }

  /** How the link of a session is. */
  linkOf(session: Session): { readonly state: string; readonly reason: string | null } | null {
    const mesh = this.meshes.all().find(({ joined }) => joined.slug === session.mesh);
    return mesh?.sessions.stateOf(session.pubkey) ?? null;
  }

  /** Takes out those whose process has ended, or whose time is over. */
  reap(): void {
    const now = this.clock.now();
    const over = this.list().filter(({ process, registeredAt }) => !isAlive(process) || now - registeredAt >= LIFE_MS);
    for (const session of over) this.drop(session);
    if (over.length > 0) this.save();
  }

  private drop(session: Session): void {
    this.byHash.delete(session.tokenHash);
    this.keys.delete(session.pubkey);
    this.meshes
      .all()
      .find(({ joined }) => joined.slug === session.mesh)
      ?.sessions.remove(session.pubkey);
  }

  private save(): void {
    mkdirSync(this.folder, { recursive: true, mode: 0o700 });
    this.write(this.file, `${JSON.stringify({ version: 1, sessions: this.list() })}\n`);
  }
}
