import { isAbsolute } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ZdError } from '../../kernel/error';
import { FolderRegistry } from './registry_folder';
import { HttpRegistry } from './registry_http';

/** Largest file of a registry. */
export const MOST_BYTES = 1024 ** 3;

/** Where snapshots are shared: `TAG/FILE` under one place. */
export interface Registry {
  /** As it was named, without what could be a secret. */
  readonly name: string;
  /** Throws `no_such_file`, `too_large` over `most`, `snapshot_read`. */
  get(tag: string, file: string, most: number): Promise<Buffer>;
  /** Throws `snapshot_publish`. */
  put(tag: string, file: string, content: Uint8Array): Promise<void>;
}

/** A folder by its absolute path or `file:` URL, or an address of https; plain http only where nobody can listen in. Throws `bad_args`. */
export function openRegistry(where: string, token: string | null): Registry {
  if (isAbsolute(where)) return new FolderRegistry(where, where);
  const url = URL.canParse(where) ? new URL(where) : null;
  if (url?.protocol === 'file:' && (url.host === '' || url.host === 'localhost')) return new FolderRegistry(fileURLToPath(url), where);
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:')) throw wrong('name an absolute folder, a file: or an https: address');
  if (url.username !== '' || url.password !== '') throw wrong('put the token into snapshot.registry_token, not into the address');
  if (url.search !== '' || url.hash !== '') throw wrong('an address of a registry has no query');
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) throw wrong('plain http is for this machine alone; use https');
  return new HttpRegistry(url.href.replace(/\/+$/, ''), token);
}

const isLoopback = (host: string): boolean => host === 'localhost' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host);
const wrong = (why: string): ZdError => new ZdError('bad_args', `/registry: ${why}`, { path: '/registry' });
