import { readdirSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import type { TestDaemon } from './daemon';

export const sha256 = (data: string | Uint8Array): string => new Bun.CryptoHasher('sha256').update(data).digest('hex');

/** Where a content lies in a home. */
export const blobFile = (daemon: TestDaemon, digest: string): string => join(daemon.home, 'artifacts', digest.slice(0, 2), digest);

/** The digests of all files in the store. */
export function blobFiles(daemon: TestDaemon): string[] {
  const folder = join(daemon.home, 'artifacts');
  return readdirSync(folder)
    .filter((name) => /^[0-9a-f]{2}$/.test(name))
    .flatMap((name) => readdirSync(join(folder, name)))
    .toSorted();
}

export const temporaryFiles = (daemon: TestDaemon): string[] => {
  const folder = join(daemon.home, 'artifacts', 'tmp');
  return existsSync(folder) ? readdirSync(folder) : [];
};

export const upload = (
  daemon: TestDaemon,
  name: string,
  body: NonNullable<RequestInit['body']>,
  headers: Record<string, string> = {},
  query = '',
): Promise<Response> => daemon.fetch(`/artifact/${name}${query}`, { method: 'PUT', body, headers });

/** Bytes that do not repeat, the same for the same seed. */
export function bytesOf(length: number, seed = 1): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  let state = seed >>> 0 || 1;
  for (let at = 0; at < length; at++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[at] = state >>> 24;
  }
  return bytes;
}
