import type { Identity } from '../../kernel/caller';
import type { Clock } from '../../kernel/clock';
import type { Connection } from '../../kernel/connection';
import { ZdError } from '../../kernel/error';
import type { Logger } from '../../kernel/log';
import { periodic } from '../../kernel/periodic';
import { identify, isAlive } from '../../kernel/process';
import type { Db } from '../../storage/db';
import { Boxes } from './boxes';
import { Mailboxes } from './mailboxes';
import { resolveTarget } from './model';
import { Sender } from './sender';
import type { Answer, Parcel, Registration, Sent, Shell, ShellService, Target } from './service';
import type { ShellStore } from './store';

/** Read anew at each use, so a changed setting holds at once. */
export interface ShellLimits {
  readonly maxShells: number;
}

/** The system tells nobody but the parent that a process has ended, so it is asked. */
const LOOK_EVERY_MS = 5000;
/** Processes looked at in one turn of the event loop. */
const CHUNK = 50;

/** Every shell that registered. What it knows in memory is what is committed. */
export class Shells implements ShellService {
  /** Finds the shells that ended, for the supervisor. */
  readonly part = periodic('shells', LOOK_EVERY_MS, () => this.sweep());
  private readonly shells = new Map<number, Shell>();
  private readonly byDigest = new Map<string, number>();
  private readonly digests = new Map<number, string>();
  private readonly mailboxes = new Mailboxes();
  private readonly boxes: Boxes;
  private readonly sender: Sender;
  private readonly listeners: ((id: number) => void)[] = [];
  private stopped = false;

  constructor(
    private readonly db: Db,
    private readonly store: ShellStore,
    private readonly clock: Clock,
    private readonly log: Logger,
    private readonly limits: () => ShellLimits,
    private readonly user: string,
    folder: string,
  ) {
    this.boxes = new Boxes(folder, clock);
    this.sender = new Sender(clock);
  }

  /** Takes over the shells of an earlier run; those that ended meanwhile go with the first look. */
  start(): void {
    for (const { shell, digest } of this.store.load()) this.know(shell, digest);
  }

  stop(): void {
    this.stopped = true;
    this.sender.stop();
    this.mailboxes.stop();
    this.boxes.stop();
  }

  async register(wish: Registration): Promise<{ shell: Shell; key: string | null }> {
    const process = identify(wish.pid);
    if (!process) throw new ZdError('no_such_process', `There is no process ${wish.pid} here.`, { path: '/shell_pid' });
    const known = [...this.shells.values()].find((shell) => shell.process.pid === process.pid && shell.process.start === process.start);
    const own = known !== undefined && known.id === wish.by && wish.key === null;
    const made = wish.key === null && !own ? newKey() : null;
    const digest = own ? this.digests.get(known.id)! : digestOf(wish.key ?? made!);
    const { maxShells } = this.limits();
    const { shell, replaced } = await this.db.write(() => this.store.register(wish, process, digest, this.clock.now(), maxShells), 'full');
    if (replaced !== null) this.forget(replaced);
    this.know(shell, digest);
    if (shell.bell !== null) this.boxes.prepare();
    return { shell, key: made };
  }

  async unregister(id: number): Promise<boolean> {
    const removed = await this.db.write(() => this.store.remove(id, this.clock.now()), 'full');
    if (removed) this.forget(id);
    return removed;
  }

  /** Those that ended lately, too. */
  all(): Iterable<Shell> {
    return this.shells.values();
  }

  living(): Shell[] {
    const all = [...this.shells.values()].toSorted((a, b) => a.id - b.id);
    const living = all.filter(({ process }) => isAlive(process));
    if (living.length < all.length) this.bury(all.filter((shell) => !living.includes(shell)));
    return living;
  }

  find(id: number): Shell | undefined {
    return this.shells.get(id);
  }

  callerOf({ source }: { readonly source: string }): Shell | undefined {
    return source.startsWith('shell:') ? this.shells.get(Number(source.slice('shell:'.length))) : undefined;
  }

  identityOf(key: string): Identity | null {
    const id = this.byDigest.get(digestOf(key));
    return id === undefined ? null : this.identity(id);
  }

  private identity(id: number): Identity | null {
    const shell = this.shells.get(id);
    return shell ? { source: `shell:${id}`, aliases: shell.tags.map((tag) => `tag:${tag}`) } : null;
  }

  async retag(id: number, change: (tags: readonly string[]) => readonly string[]): Promise<Shell> {
    const shell = await this.db.write(() => this.store.retag(id, change, this.clock.now()), 'full');
    if (!shell) throw new ZdError('no_shell');
    this.shells.set(id, shell);
    return shell;
  }

  resolve(target: Target, self: number): Shell[] {
    return resolveTarget(target, self, this.living(), this.user);
  }

  onGone(listener: (id: number) => void): void {
    this.listeners.push(listener);
  }

  join(connection: Connection, id: number): number {
    if (id !== 0) connection.speakAs(() => this.identity(id));
    return this.mailboxes.join(connection, id);
  }

  connectionsOf(id: number): number {
    return this.mailboxes.count(id);
  }

  tell(id: number, event: string, data: object, except?: Connection): number {
    return this.mailboxes.push((shell, connection) => shell === id && connection !== except, event, data);
  }

  broadcast(event: string, data: object, exceptShell: number): number {
    return this.mailboxes.push((shell) => exceptShell === 0 || shell !== exceptShell, event, data);
  }

  ring(shell: Shell, parcel: Parcel, ttlMs: number): boolean {
    return this.boxes.put(shell, parcel, ttlMs);
  }

  fetch(id: number): Parcel[] {
    const shell = this.shells.get(id);
    return shell ? this.boxes.take(shell) : [];
  }

  async send(from: number, command: string, target: Target, wait: boolean, timeoutMs: number, signal: () => AbortSignal): Promise<Sent> {
    if (this.stopped) throw new ZdError('shutting_down');
    const bring = (shell: Shell, deliveryId: string): boolean => {
      const event = { delivery_id: deliveryId, from_shell: from, command, wait };
      if (this.tell(shell.id, 'cmd:execute', event) > 0) return true;
      return this.ring(shell, { kind: 'command', delivery_id: deliveryId, from_shell: from, text: command, urgency: 'normal' }, timeoutMs);
    };
    const sent = this.sender.send(this.resolve(target, from), wait, timeoutMs, signal, bring);
    // Who had what run where; not what: a command may hold a secret.
    void sent.then(
      ({ deliveryId, delivered }) => this.log.info('command sent', { delivery_id: deliveryId, from_shell: from, delivered_to: delivered }),
      () => {},
    );
    return sent;
  }

  answer(deliveryId: string, shell: number, said: Omit<Answer, 'shell_id' | 'ts_ns'>): boolean {
    return this.sender.answer(deliveryId, shell, said);
  }

  nextClient(): number {
    return this.mailboxes.nextClient();
  }

  /** Looks at every shell, a few per turn. */
  private async sweep(): Promise<void> {
    const all = [...this.shells.values()];
    for (let at = 0; at < all.length && !this.stopped; at += CHUNK) {
      this.bury(all.slice(at, at + CHUNK).filter(({ process }) => !isAlive(process)));
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** They are out of every answer at once; what cannot be stored now is found again by the next look. */
  private bury(dead: readonly Shell[]): void {
    for (const { id } of dead) void this.unregister(id).catch((error: unknown) => this.log.debug('a shell that ended is not removed yet', { error }));
  }

  private know(shell: Shell, digest: string): void {
    const before = this.digests.get(shell.id);
    if (before !== undefined) this.byDigest.delete(before);
    this.shells.set(shell.id, shell);
    this.digests.set(shell.id, digest);
    this.byDigest.set(digest, shell.id);
  }

  private forget(id: number): void {
    const digest = this.digests.get(id);
    if (digest !== undefined) this.byDigest.delete(digest);
    const shell = this.shells.get(id);
    if (shell) this.boxes.drop(shell);
    this.digests.delete(id);
    this.shells.delete(id);
    this.sender.forget(id);
    this.mailboxes.orphan(id);
    for (const listener of this.listeners) listener(id);
  }
}

const newKey = (): string => Buffer.from(crypto.getRandomValues(new Uint8Array(24))).toString('base64url');
const digestOf = (key: string): string => new Bun.CryptoHasher('sha256').update(key).digest('hex');
