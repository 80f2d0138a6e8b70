import { ClientError } from './error';
import type { CallOptions, Client } from './client';
import { EXIT } from '../kernel/code_info';

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

/** The content of a name, chunk by chunk. Ends with `connection_lost` when not all of it came. */
export async function* getArtifact(client: Client, name: string, options: CallOptions = {}): AsyncGenerator<Uint8Array> {
  const response = await client.bytes(artifactPath(name), {}, options);
  const expected = Number(response.headers.get('content-length') ?? Number.NaN);
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
