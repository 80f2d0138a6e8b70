import { ClientError } from './error';
import type { CallOptions, Client } from './client';
import { EXIT } from '../kernel/code_info';
import { FILE_HEADER } from '../kernel/route';

/** The address of a name. Slashes are escaped too: a client would resolve `.` and `..` segments and ask for something else. */
export function artifactPath(name: string): string {
  if (name === '.' || name === '..') throw new ClientError('bad_args', `"${name}" cannot be the name of an artifact`, '', EXIT.usage);
  return `/artifact/${encodeURIComponent(name)}`;
}

export interface PutOptions extends CallOptions {
  readonly type?: string;
  /** What the content must hash to. */
  readonly digest?: string;
}

/** Stores bytes under a name and returns the reply's text. A file is sent from the disk, a stream as it comes. */
export async function putArtifact(
  client: Client,
  name: string,
  body: Blob | Uint8Array<ArrayBuffer> | ReadableStream,
  options: PutOptions = {},
): Promise<string> {
  const query = options.digest === undefined ? '' : `?digest=${encodeURIComponent(options.digest)}`;
  const headers = { 'content-type': options.type ?? 'application/octet-stream' };
  const response = await client.bytes(artifactPath(name) + query, { method: 'PUT', headers, body }, options);
  return response.text();
}

/** The file that has what is downloaded, as the daemon sees it. */
export interface ContentFile {
  readonly path: string;
  readonly inode: string;
  readonly bytes: number;
}

export interface Download {
  /** Told for a large content that lies on this machine; whoever copies it drops the chunks. */
  readonly file: ContentFile | null;
  /** Ends with `connection_lost` when not all of it came. */
  readonly chunks: AsyncGenerator<Uint8Array>;
  drop(): Promise<void>;
}

/** The content of a name, once the daemon has begun to answer. */
export async function openArtifact(client: Client, name: string, options: CallOptions = {}): Promise<Download> {
  const response = await client.bytes(artifactPath(name), {}, options);
  const bytes = Number(response.headers.get('content-length') ?? Number.NaN);
  const [, inode, path] = /^(\d+) (\S+)$/.exec(response.headers.get(FILE_HEADER) ?? '') ?? [];
  return {
    file: inode === undefined || client.address.kind !== 'unix' ? null : { inode, path: decodeURIComponent(path!), bytes },
    chunks: chunksOf(response, bytes),
    drop: async () => response.body?.cancel(),
  };
}

/** The content of a name, chunk by chunk. Ends with `connection_lost` when not all of it came. */
export async function* getArtifact(client: Client, name: string, options: CallOptions = {}): AsyncGenerator<Uint8Array> {
  yield* (await openArtifact(client, name, options)).chunks;
}

async function* chunksOf(response: Response, expected: number): AsyncGenerator<Uint8Array> {
  let received = 0;
  try {
    for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
      received += chunk.length;
      yield chunk;
    }
  } catch (error) {
    if (error instanceof Error && 'code' in error) throw broken(received);
    throw error;
  }
  if (Number.isFinite(expected) && received !== expected) throw broken(received);
}

const broken = (received: number): ClientError =>
  new ClientError('connection_lost', `the download broke off after ${received} bytes`, 'See `zd status` and `zd logs`', EXIT.down);
