import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { keep, ended } from './children';
import { startZd, tempHome, zdEnv, type Server } from './servers';
import { quantile } from './statistics';

/** A broker, somebody who sends over it, and somebody who reads. */
export interface MeshRig extends AsyncDisposable {
  readonly sender: Server;
  readonly reader: Server;
  /** The key of the reader. */
  readonly key: string;
  readonly broker: Bun.Subprocess;
  killReader(): Promise<void>;
  /** Resolves when it answers. */
  startReader(): Promise<void>;
}

const CONNECTIONS = 16;
const WAIT_MS = 60_000;

export async function until<T>(what: string, ask: () => Promise<T | null | false | undefined>): Promise<T> {
  for (const end = performance.now() + WAIT_MS; performance.now() < end; await Bun.sleep(1)) {
    const answer = await ask().catch(() => null);
    if (answer) return answer;
  }
  throw new Error(`waited in vain: ${what}`);
}

export async function call(zd: Server, op: string, input: unknown = {}): Promise<any> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`http://zd/op/${op}`, { unix: zd.unix.unix, method: 'POST', headers, body: JSON.stringify(input) });
  const body = await response.json();
  if (!response.ok) throw new Error(JSON.stringify(body));
  return body;
}

async function killed({ pid, unix }: Server): Promise<void> {
  process.kill(pid, 'SIGKILL');
  await until('it is gone', async () => !(await fetch('http://zd/health', { unix: unix.unix }).catch(() => null)));
}

/** All that was sent is with the broker. */
export const drained = (zd: Server): Promise<unknown> =>
  until('the broker has everything', async () => {
    const { totals } = await call(zd, 'mesh_outbox', { limit: 1 });
    return totals.pending + totals.inflight === 0;
  });

const isOpen = (zd: Server): Promise<unknown> => until('connected', async () => (await call(zd, 'mesh_status')).meshes[0]?.state === 'open');

export async function startMesh(binary: string): Promise<MeshRig> {
  const hub = tempHome();
  const flags = ['--listen', '127.0.0.1:0', '--rate', '100000', '--burst', '100000'];
  const broker = keep(Bun.spawn([binary, 'broker', ...flags], { env: zdEnv(hub), cwd: hub, stdio: ['ignore', 'ignore', 'ignore'] }), hub);
  const { url } = await until('the broker', async () => JSON.parse(readFileSync(join(hub, 'broker', 'broker.json'), 'utf8')) as { url: string });
  const sender = await startZd(binary);
  let reader = await startZd(binary);
  await call(sender, 'mesh_create', { mesh: 'bench', broker: url, name: 'ada', token_file: join(hub, 'broker', 'token') });
  const { link } = await call(sender, 'mesh_invite', { mesh: 'bench' });
  await call(reader, 'mesh_join', { link, name: 'ben' });
  await Promise.all([isOpen(sender), isOpen(reader)]);
  return {
    ...{ sender, broker, key: (await call(reader, 'mesh_status')).meshes[0].pubkey },
    get reader() {
      return reader;
    },
    killReader: () => killed(reader),
    startReader: async () => {
      reader = await startZd(binary, '', reader.home);
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all([sender[Symbol.asyncDispose](), reader[Symbol.asyncDispose]()]);
      await ended(broker, hub);
    },
  };
}

export interface Accepted {
  readonly perSecond: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
}

/** `count` messages to somebody over sixteen connections, one in flight on each. */
export async function sendMany(zd: Server, count: number, to: string, name: string): Promise<Accepted> {
  const took: number[] = [];
  let next = 0;
  const began = performance.now();
  const one = async (): Promise<void> => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    let at = 0;
    const request = (socket: { write(text: string): number }) => {
      if (next >= count) return resolve();
      const text = JSON.stringify({ to, message: 'the build is green', client_message_id: `${name}-${next++}` });
      at = performance.now();
      socket.write(`POST /v1/send HTTP/1.1\r\nhost: zd\r\ncontent-type: application/json\r\ncontent-length: ${text.length}\r\n\r\n${text}`);
    };
    const socket = await Bun.connect({
      unix: zd.unix.unix,
      socket: {
        open: request,
        data(each, chunk) {
          if (!chunk.includes('HTTP/1.1 202')) return reject(new Error(chunk.toString()));
          took.push(performance.now() - at);
          request(each);
        },
        close: () => reject(new Error('the connection was closed')),
      },
    });
    await promise;
    socket.end();
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, one));
  const sorted = Float64Array.from(took).toSorted();
  return { perSecond: count / ((performance.now() - began) / 1000), p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99) };
}

/** Processor time of a process so far, in milliseconds (proc(5): user and system, in hundredths of a second). */
export function processorMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1')
    .replace(/^.*\) /s, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}
