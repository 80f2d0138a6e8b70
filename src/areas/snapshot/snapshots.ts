import { nanos, type Clock } from '../../kernel/clock';
import type { EventService } from '../../kernel/context';
import { ZdError } from '../../kernel/error';
import type { Db } from '../../storage/db';
import type { DefinitionRecord, DefinitionService, Kind, Staged } from '../definitions/service';
import { compare, countOf, type Comparison, type Order } from './compare';
import { sha256 } from './digest';
import { snapshotEvent } from './events';
import { damaged, decode, encode, type Content } from './format';
import { isPublicKey, type SigningKey } from './keys';
import { MOST_BYTES, openRegistry, type Registry } from './registry';
import { MANIFEST_FILE, SIGNATURE_FILE, SNAPSHOT_FILE } from './registry_files';
import type { Loaded, Saved, SnapshotService, Trusted } from './service';
import { failed, parseSignature, signed, verified, type Signature } from './signature';
import type { Listed, SnapshotStore } from './store';
import { checkTag } from './tag';

/** How often it is tried to read the records in turns, before they are read in one. */
const READ_IN_TURNS = 3;
/** Larger than any signature document. */
const SIGNATURE_BYTES = 64 * 1024;

export interface SnapshotDeps {
  readonly db: Db;
  readonly definitions: DefinitionService;
  readonly order: Order & { readonly isKind: (text: string) => text is Kind };
  readonly events: EventService;
  readonly clock: Clock;
  readonly store: SnapshotStore;
  readonly key: SigningKey;
  readonly version: string;
  /** Empty texts for none. The token is for the configured registry and no other. */
  readonly registry: () => { readonly where: string; readonly token: string };
}

export class Snapshots implements SnapshotService {
  constructor(private readonly deps: SnapshotDeps) {}

  async save(tag: string, notes: string | null, replace: boolean): Promise<Saved> {
    const { store, definitions, clock, version, events } = this.deps;
    checkTag(tag);
    const bytesBefore = (await store.size(tag)) ?? 0;
    if (bytesBefore > 0 && !replace) throw exists(tag);
    const generation = nanos(clock.now());
    const { bytes, rows } = await this.unchanged((records) => {
      const bundles = definitions.shells().flatMap(({ bundle }) => (bundle ? [bundle] : []));
      return encode({ tag, generation, notes, bundles }, records, version);
    });
    await store.write(tag, bytes, replace);
    await events.publish(snapshotEvent('saved', { tag, bytes: bytes.length, rows, generation }));
    return { path: store.path(tag), bytes: bytes.length, bytesBefore, generation, rows };
  }

  /** Goes through all records with others' turns in between, until nothing changed meanwhile; where something always does, in one go. */
  private async unchanged<T>(work: (records: Iterable<DefinitionRecord> | AsyncIterable<DefinitionRecord>) => Promise<T>): Promise<T> {
    const { definitions } = this.deps;
    for (let tries = 0; tries < READ_IN_TURNS; tries++) {
      const before = definitions.changes();
      const done = await work(definitions.read());
      if (definitions.changes() === before) return done;
    }
    return work(definitions.all());
  }

  list(): Promise<Listed[]> {
    return this.deps.store.list();
  }

  async load(tag: string, shellId: string | null, dryRun: boolean): Promise<Loaded> {
    const { db, definitions, events, order } = this.deps;
    const { head, records } = await this.content(tag);
    const chosen = (all: Iterable<DefinitionRecord>) => (shellId === null ? all : only(all, shellId));
    const { differences } = await compare(definitions.all(shellId === null ? {} : { shellId }), chosen(records()), order, false);
    const summary = countOf(differences);
    if (dryRun) {
      const rows = [...chosen(records())].length;
      return {
        generation: head.generation,
        rows,
        removed: definitions.shells().reduce((sum, shell) => sum + (shellId === null || shell.shellId === shellId ? shell.rows : 0), 0),
        summary,
      };
    }
    const replace = (staged: readonly Staged[]) => {
      const restored = definitions.replaceAll(staged, { shells: shellId === null ? null : [shellId], reason: 'snapshot_load' });
      definitions.restoreBundles(head.bundles.filter((bundle) => shellId === null || bundle.shellId === shellId));
      events.append(snapshotEvent('loaded', { tag, shell_id: shellId, generation: head.generation, rows: restored.written, ...summary }));
      return restored;
    };
    const { removed, written } = await definitions.stage(chosen(records()), (staged) => db.write(() => replace(staged), 'full'));
    return { generation: head.generation, rows: written, removed, summary };
  }

  async compare(before: string | null, after: string | null, attribution: boolean): Promise<Comparison> {
    const side = async (tag: string | null) => (tag === null ? this.deps.definitions.all() : (await this.content(tag)).records());
    const [left, right] = [await side(before), await side(after)];
    return compare(left, right, this.deps.order, attribution);
  }

  async remove(tag: string): Promise<void> {
    if (!(await this.deps.store.remove(checkTag(tag)))) throw new ZdError('no_such_file', `There is no snapshot "${tag}".`);
    await this.deps.events.publish(snapshotEvent('deleted', { tag }));
  }

  async publicKey(): Promise<{ publicKey: string; path: string }> {
    return { publicKey: await this.deps.key.publicKey(), path: this.deps.key.path };
  }

  async sign(tag: string): Promise<Signature & { readonly path: string }> {
    const { store, events } = this.deps;
    checkTag(tag);
    const bytes = await store.read(tag);
    // What cannot be read again is not worth a signature, and another one's name is not signed for.
    await this.decoded(tag, bytes);
    const document = await signed(tag, bytes, this.deps.key, this.deps.clock.now());
    await store.writeSignature(tag, textOf(document));
    await events.publish(snapshotEvent('signed', { tag, sha256: document.sha256, public_key: document.public_key }));
    return { ...document, path: store.signaturePath(tag) };
  }

  async verify(tag: string, publicKey: string | null, registry: string | null): Promise<Trusted> {
    const { store } = this.deps;
    checkTag(tag);
    const there = registry === null ? null : this.open(registry);
    const bytes = there ? await there.get(tag, SNAPSHOT_FILE, MOST_BYTES) : await store.read(tag);
    const text = there ? (await there.get(tag, SIGNATURE_FILE, SIGNATURE_BYTES)).toString() : await store.signature(tag);
    if (text === null) throw failed('it is not signed');
    return this.trusted(tag, bytes, text, publicKey);
  }

  async publish(tag: string, registry: string | null): Promise<{ registry: string; sha256: string }> {
    const { store, clock, events } = this.deps;
    checkTag(tag);
    const there = this.open(registry);
    const bytes = await store.read(tag);
    await this.decoded(tag, bytes);
    let text = await store.signature(tag);
    if (text === null) {
      await this.sign(tag);
      text = await store.signature(tag);
    }
    const document = parseSignature(text!);
    // By whoever signed it: it may be somebody else's that is passed on. What matters is that it holds.
    verified(tag, bytes, document, document.public_key);
    const manifest = {
      ...{ version: 1, tag, sha256: document.sha256, bytes: bytes.length, public_key: document.public_key },
      published_at: new Date(clock.now()).toISOString().replace('Z', '+00:00'),
      files: { snapshot: SNAPSHOT_FILE, signature: SIGNATURE_FILE },
    };
    await there.put(tag, SNAPSHOT_FILE, bytes);
    await there.put(tag, SIGNATURE_FILE, Buffer.from(text!));
    // Last: where there is a manifest the rest is there.
    await there.put(tag, MANIFEST_FILE, Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`));
    await events.publish(snapshotEvent('published', { tag, sha256: document.sha256, registry: there.name }));
    return { registry: there.name, sha256: document.sha256 };
  }

  async pull(
    tag: string,
    registry: string | null,
    publicKey: string | null,
    replace: boolean,
  ): Promise<Trusted & { registry: string; path: string }> {
    const { store, events } = this.deps;
    checkTag(tag);
    const there = this.open(registry);
    if (!replace && (await store.size(tag)) !== null) throw exists(tag);
    await there.get(tag, MANIFEST_FILE, SIGNATURE_BYTES);
    const bytes = await there.get(tag, SNAPSHOT_FILE, MOST_BYTES);
    const text = (await there.get(tag, SIGNATURE_FILE, SIGNATURE_BYTES)).toString();
    const result = await this.trusted(tag, bytes, text, publicKey);
    await this.decoded(tag, bytes);
    await store.write(tag, bytes, replace);
    await store.writeSignature(tag, text);
    await events.publish(snapshotEvent('pulled', { tag, sha256: result.sha256, registry: there.name }));
    return { ...result, registry: there.name, path: store.path(tag) };
  }

  /** The key that is trusted: the one given, else our own if there is one; none is made only to be compared with. */
  private async trusted(tag: string, bytes: Uint8Array, text: string, publicKey: string | null): Promise<Trusted> {
    if (publicKey !== null && !isPublicKey(publicKey)) throw new ZdError('bad_args', '/public_key: expected 64 hex digits', { path: '/public_key' });
    const key = publicKey ?? (await this.deps.key.existing());
    if (key === null) throw new ZdError('snapshot_key', 'There is no key here to compare with.', { hint: 'Name the public key you trust.' });
    verified(tag, bytes, parseSignature(text), key);
    return { sha256: sha256(bytes), bytes: bytes.length, publicKey: key.toLowerCase(), trusted: publicKey === null ? 'local' : 'supplied' };
  }

  private async content(tag: string): Promise<Content> {
    checkTag(tag);
    return this.decoded(tag, await this.deps.store.read(tag));
  }

  private async decoded(tag: string, bytes: Uint8Array): Promise<Content> {
    const content = await decode(bytes, this.deps.order.isKind);
    if (content.head.tag !== tag) throw damaged(`it is the snapshot "${content.head.tag}" under another name`);
    return content;
  }

  private open(named: string | null): Registry {
    const { where, token } = this.deps.registry();
    const chosen = named ?? where;
    if (chosen === '') throw new ZdError('no_registry');
    return openRegistry(chosen, token !== '' && chosen === where ? token : null);
  }
}

function* only(records: Iterable<DefinitionRecord>, shellId: string): Generator<DefinitionRecord> {
  for (const record of records) if (record.shellId === shellId) yield record;
}

const textOf = (document: Signature): string => `${JSON.stringify(document, null, 2)}\n`;
const exists = (tag: string): ZdError => new ZdError('snapshot_exists', `There is a snapshot "${tag}" already.`);
