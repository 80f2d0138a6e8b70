import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ZdError } from '../../kernel/error';
import type { Part, Parts } from '../../kernel/part';
import { COPIED, hostFacts, hostRecord, judgeHost, fingerprintV2 } from './host';
import { isSlug, meshFault, type Keyring } from './keyring';
import { Mesh, type MeshGround } from './mesh';
import type { JoinedMesh, MeshBook } from './service_types';

export interface MeshesOptions extends Omit<MeshGround, 'daemonId'> {
  readonly keyring: Keyring;
  readonly parts: Parts;
  write(file: string, text: string): void;
  clonePolicy(): 'refuse' | 'warn' | 'allow';
  attached(mesh: Mesh): void;
}

/** Who joined is connected when it is told so, unless the broker takes longer. */
const SETTLE_MS = 2000;

/** Shown by `doctor` and `/health` as long as they are not. */
const host: Part = { name: 'mesh_host', start: () => undefined, stop: () => undefined, probe: () => COPIED };

/** The meshes of this daemon. What is joined or left is in force at once. */
export class Meshes implements MeshBook {
  /** Whether the keys are a copy from another machine, and are not used therefore. */
  refused = false;
  private readonly meshes = new Map<string, Mesh>();
  private joined: JoinedMesh[] = [];
  private stopped = false;

  constructor(private readonly options: MeshesOptions) {}

  private get hostFile(): string {
    return join(this.options.keyring.folder, 'host_fingerprint');
  }

  /** Reads the keys. Without any it costs one look at a folder. */
  start(): void {
    const { keyring, log } = this.options;
    const { meshes, faults } = keyring.load();
    for (const { file, fault } of faults) log.error('mesh: a key file is not usable; its mesh is left out', { file, fault });
    this.joined = meshes;
    if (meshes.length === 0) return;
    this.checkHost();
    if (!this.refused) for (const mesh of meshes) this.attach(mesh);
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await Promise.all([...this.meshes.values()].map((mesh) => mesh.stop()));
  }

  private checkHost(): void {
    const { log, clonePolicy } = this.options;
    const facts = hostFacts();
    const verdict = judgeHost(this.hostText(), facts);
    if (verdict === 'first_run' || verdict === 'moved_card') {
      this.writeHost();
      log.info('host_fingerprint_written', { verdict, fingerprint_prefix: fingerprintV2(facts).slice(0, 16) });
    }
    if (verdict === 'unavailable') log.warn('mesh: the host fingerprint cannot be read; it is left as it is', { file: this.hostFile });
    this.refused = verdict === 'mismatch' && clonePolicy() === 'refuse';
    if (this.refused) {
      log.error(`mesh: ${COPIED}`);
      this.options.parts.add(host);
    } else if (verdict === 'mismatch' && clonePolicy() === 'warn') log.warn('mesh: the keys were made on another machine');
  }

  private hostText(): string | null {
    try {
      return readFileSync(this.hostFile, 'utf8');
    } catch {
      return null;
    }
  }

  private writeHost(): void {
    this.options.write(this.hostFile, hostRecord(hostFacts(), this.options.clock.now()));
  }

  /** Makes this machine the one the keys belong to, and connects. */
  async acceptHost(): Promise<{ readonly fingerprint: string; readonly changed: boolean }> {
    const changed = judgeHost(this.hostText(), hostFacts()) !== 'match';
    if (this.joined.length > 0) this.writeHost();
    if (this.refused) {
      this.refused = false;
      await this.options.parts.remove(host.name);
      for (const mesh of this.joined) this.attach(mesh);
    }
    return { fingerprint: fingerprintV2(hostFacts()), changed };
  }

  private attach(joined: JoinedMesh): Mesh {
    const { keyring, parts, ...ground } = this.options;
    const daemonId = `daemon-${new Bun.CryptoHasher('sha256').update(`${keyring.folder}\0${joined.publicKey}`).digest('hex').slice(0, 16)}`;
    const mesh = new Mesh(joined, { ...ground, daemonId });
    this.meshes.set(joined.slug, mesh);
    this.options.attached(mesh);
    parts.add(mesh.part);
    return mesh;
  }

  list(): readonly JoinedMesh[] {
    return this.joined;
  }

  all(): readonly Mesh[] {
    return [...this.meshes.values()];
  }

  async add(mesh: JoinedMesh): Promise<void> {
    const fault = meshFault(mesh);
    if (fault !== null) throw new ZdError('bad_args', `The mesh cannot be added: ${fault}.`);
    if (this.stopped) throw new ZdError('shutting_down');
    if (this.joined.some(({ slug, meshId }) => slug === mesh.slug || meshId === mesh.meshId))
      throw new ZdError('conflict', `The mesh ${mesh.slug} is joined already.`);
    this.options.keyring.save(mesh);
    this.joined = [...this.joined, mesh].toSorted((a, b) => (a.slug < b.slug ? -1 : 1));
    if (this.joined.length === 1) this.checkHost();
    if (!this.refused) await this.attach(mesh).link.settled(SETTLE_MS);
  }

  async remove(slug: string): Promise<boolean> {
    if (!isSlug(slug) || !this.joined.some((mesh) => mesh.slug === slug)) return false;
    const mesh = this.meshes.get(slug);
    this.meshes.delete(slug);
    this.joined = this.joined.filter((each) => each.slug !== slug);
    if (mesh) await this.options.parts.remove(mesh.part.name);
    this.options.keyring.remove(slug);
    return true;
  }

  /** The mesh of a slug. Throws `mesh_not_attached`, or `host_mismatch` when its keys are not used. */
  find(slug: string): Mesh {
    const mesh = this.meshes.get(slug);
    if (mesh) return mesh;
    this.checkUsable();
    throw new ZdError('mesh_not_attached', `The mesh ${JSON.stringify(slug.slice(0, 100))} is not joined.`, {
      extra: { error: 'mesh_not_attached', mesh: slug.slice(0, 100) },
    });
  }

  /** The mesh that is named, or the only one there is. Throws `mesh_required` as well. */
  pick(slug: string | null): Mesh {
    if (slug !== null) return this.find(slug);
    const [only, ...others] = this.meshes.values();
    if (only && others.length === 0) return only;
    this.checkUsable();
    if (!only)
      throw new ZdError('mesh_not_attached', 'No mesh is joined yet.', {
        hint: 'Make one with `zd mesh create`, or join one with `zd mesh join`.',
        extra: { error: 'mesh_not_attached', mesh: null },
      });
    const attached = [...this.meshes.keys()].toSorted();
    const detail = 'Several meshes are joined; name one.';
    throw new ZdError('mesh_required', detail, { extra: { error: 'mesh_required', detail, attached } });
  }

  /** Those of a call that may name one: that one, or all. */
  some(slug: string | null): readonly Mesh[] {
    if (slug !== null) return [this.find(slug)];
    this.checkUsable();
    return this.all();
  }

  private checkUsable(): void {
    if (this.refused) throw new ZdError('host_mismatch', undefined, { extra: { error: 'host_fingerprint_mismatch' } });
  }
}
