import { mkdirSync, readdirSync, readFileSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { JoinedMesh } from './service_types';
import { isPublicKey, isSecretKey } from './wire/keys';

const SLUG = /^[a-z0-9][a-z0-9._-]{0,63}$/;
/** Whether a slug can be the name of a file: no path, and no way out of the folder. */
export const isSlug = (text: string): boolean => SLUG.test(text) && !text.includes('..');

/** What is wrong with a mesh, or null. */
export function meshFault(mesh: Partial<Record<keyof JoinedMesh, unknown>>): string | null {
  const { slug, meshId, memberId, displayName, publicKey, secretKey, brokerUrl, joinedAt, rootKey } = mesh;
  for (const [field, value] of Object.entries({ slug, meshId, memberId, displayName, publicKey, secretKey, brokerUrl }))
    if (typeof value !== 'string' || value === '' || value.length > 2048) return `${field} is not a text`;
  if (!isSlug(slug as string)) return 'the slug may have lower-case letters, digits, dots, dashes and underscores only';
  if (!isPublicKey(publicKey as string)) return 'publicKey is not a key';
  if (!isSecretKey(secretKey as string)) return 'secretKey is not a key';
  // An ed25519 secret key carries its public half (as libsodium lays it out).
  if ((secretKey as string).slice(64) !== publicKey) return 'secretKey does not belong to publicKey';
  if (typeof joinedAt !== 'number') return 'joinedAt is not a time';
  if (rootKey !== null && (typeof rootKey !== 'string' || !/^[A-Za-z0-9_-]{43}$/.test(rootKey))) return 'rootKey is not a key';
  const url = URL.parse(brokerUrl as string);
  return url && (url.protocol === 'ws:' || url.protocol === 'wss:') ? null : 'brokerUrl is not a WebSocket address';
}

/**
 * The meshes of this user, a file each in a folder of its own. `write` replaces a file in one step and makes it so that nobody else ever could
 * read it.
 */
export class Keyring {
  constructor(
    readonly folder: string,
    private readonly write: (file: string, text: string) => void,
  ) {}

  /** Every mesh that can be read, and what is wrong with the others. */
  load(): { meshes: JoinedMesh[]; faults: { file: string; fault: string }[] } {
    const meshes: JoinedMesh[] = [];
    const faults: { file: string; fault: string }[] = [];
    for (const name of this.files()) {
      const file = join(this.folder, name);
      try {
        const mesh = JSON.parse(readFileSync(file, 'utf8')) as JoinedMesh;
        const fault = meshFault(mesh) ?? (`${mesh.slug}.json` === name ? null : 'the slug is not that of the file');
        if (fault === null) meshes.push(mesh);
        else faults.push({ file, fault });
      } catch (error) {
        faults.push({
          file,
          fault: error instanceof SyntaxError ? 'it is not JSON' : ((error as NodeJS.ErrnoException).code ?? 'it cannot be read'),
        });
      }
    }
    return { meshes, faults };
  }

  private files(): string[] {
    try {
      return readdirSync(this.folder)
        .filter((name) => name.endsWith('.json') && isSlug(name.slice(0, -5)))
        .toSorted();
    } catch {
      return [];
    }
  }

  /** Durable when it returns. */
  save(mesh: JoinedMesh): void {
    mkdirSync(this.folder, { recursive: true, mode: 0o700 });
    this.write(this.fileOf(mesh.slug), `${JSON.stringify(mesh, null, 2)}\n`);
  }

  remove(slug: string): void {
    try {
      unlinkSync(this.fileOf(slug));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }

  private fileOf(slug: string): string {
    return join(this.folder, `${slug}.json`);
  }
}
