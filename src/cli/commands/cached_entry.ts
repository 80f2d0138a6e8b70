import { lstatSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { getArtifact, openArtifact, putArtifact } from '../../client/artifacts';
import type { Client } from '../../client/client';
import { ClientError } from '../../client/error';
import { AtomicFile } from '../atomic_file';
import type { Inputs, Keyed } from './cached_key';
import type { Ran } from './cached_run';

/** Files up to this size lie inside the entry: a replay is one request then. */
const INLINE_BYTES = 256 << 10;
const NAMESPACE = 'cached';
/** The store keeps this much of results, the least recently used go first. */
const KEEP_BYTES = 5 * 2 ** 30;

interface Output {
  readonly path: string;
  readonly mode: number;
  readonly bytes: number;
  /** Its bytes, or null when they are an artifact of their own. */
  readonly base64: string | null;
}

interface Entry {
  readonly inputs: Inputs;
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
  readonly millis: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly outputs: readonly Output[];
}

/** What the last run of a task was made from, for `--explain`. */
export interface LastRun {
  readonly key: string;
  readonly code: number;
  readonly inputs: Inputs;
}

const entryName = (key: string): string => `${NAMESPACE}/entry/${key}`;
const outputName = (key: string, at: number): string => `${NAMESPACE}/output/${key}/${at}`;
const lastName = (task: string): string => `${NAMESPACE}/last/${task}`;

export interface Replay {
  readonly at: number;
  readonly millis: number;
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
}

/** Puts the declared outputs where they belong and returns what the command said; null when there is no complete entry. */
export async function replay(client: Client, key: string, timeoutMs: number | undefined): Promise<Replay | null> {
  const entry = await readJson<Entry>(client, entryName(key), timeoutMs);
  if (entry === null) return null;
  const files: { readonly file: AtomicFile; readonly mode: number }[] = [];
  try {
    for (const [at, output] of entry.outputs.entries()) {
      mkdirSync(dirname(output.path), { recursive: true });
      const file = new AtomicFile(output.path);
      files.push({ file, mode: output.mode });
      if (output.base64 !== null) file.write(Buffer.from(output.base64, 'base64'));
      else await file.take(await openArtifact(client, outputName(key, at), { timeoutMs }));
    }
    for (const { file, mode } of files) file.commit({ mode });
  } catch (error) {
    if (isMiss(error)) return null;
    throw error;
  } finally {
    for (const { file } of files) file.discard();
  }
  return { at: entry.at, millis: entry.millis, stdout: Buffer.from(entry.stdout, 'base64'), stderr: Buffer.from(entry.stderr, 'base64') };
}

/** Keeps a successful run. Null, or why it was not kept. */
export async function keep(client: Client, { key, inputs }: Keyed, { stdout, stderr }: Ran, started: number): Promise<string | null> {
  if (stdout === null || stderr === null) return 'it printed too much';
  const outputs: Output[] = [];
  for (const [at, path] of inputs.outputs.entries()) {
    const stats = lstatSync(path, { throwIfNoEntry: false }) && statSync(path, { throwIfNoEntry: false });
    if (!stats?.isFile()) return `it did not make the file ${path}`;
    const inline = stats.size <= INLINE_BYTES;
    if (!inline) await store(client, outputName(key, at), Bun.file(path));
    outputs.push({ path, mode: stats.mode & 0o777, bytes: stats.size, base64: inline ? readFileSync(path).toString('base64') : null });
  }
  const at = Date.now();
  const entry: Entry = { inputs, at, millis: at - started, stdout: base64(stdout), stderr: base64(stderr), outputs };
  // Last: an entry is complete when it is there.
  await store(client, entryName(key), Buffer.from(JSON.stringify(entry)));
  // Now and then, chosen by the key so that nothing has to be counted.
  if (key.startsWith('0')) await client.call('artifact_gc', { prefix: `${NAMESPACE}/`, max_bytes: KEEP_BYTES });
  return null;
}

export async function rememberLast(client: Client, { task, key, inputs }: Keyed, code: number): Promise<void> {
  const last: LastRun = { key, code, inputs };
  await store(client, lastName(task), Buffer.from(JSON.stringify(last)));
}

export const lastRun = (client: Client, task: string): Promise<LastRun | null> => readJson<LastRun>(client, lastName(task), undefined);

/** A full namespace makes room for itself once: results are there to be lost. */
async function store(client: Client, name: string, body: Blob | Buffer<ArrayBuffer>): Promise<void> {
  try {
    await putArtifact(client, name, body);
  } catch (error) {
    const limit =
      error instanceof ClientError && error.code === 'quota_exceeded' ? (JSON.parse(error.body ?? '{}') as { limit?: number }).limit : undefined;
    if (limit === undefined) throw error;
    await client.call('artifact_gc', { prefix: `${NAMESPACE}/`, max_bytes: roomBeside(body, limit) });
    await putArtifact(client, name, body);
  }
}

/** What may stay: the new one fits beside it, and not every put after it has to make room again. */
const roomBeside = (body: Blob | Uint8Array, limit: number): number =>
  Math.max(0, Math.floor(Math.min(limit * 0.7, limit - (body instanceof Blob ? body.size : body.length))));

async function readJson<T>(client: Client, name: string, timeoutMs: number | undefined): Promise<T | null> {
  const chunks: Uint8Array[] = [];
  try {
    for await (const chunk of getArtifact(client, name, { timeoutMs })) chunks.push(chunk);
  } catch (error) {
    if (isMiss(error)) return null;
    throw error;
  }
  return JSON.parse(Buffer.concat(chunks).toString()) as T;
}

const isMiss = (error: unknown): boolean => error instanceof ClientError && (error.code === 'no_such_file' || error.code === 'artifact_corrupt');

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
