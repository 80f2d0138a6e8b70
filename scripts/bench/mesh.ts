import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { quantile } from './statistics';

/**
 * `bun scripts/bench/mesh.ts [ZD]`: two daemons and a broker on this machine; how fast messages are accepted, how long one takes from sender to
 * reader, and how soon a thousand are there when their recipient comes back.
 */
const zd = process.argv[2] === undefined ? [process.execPath, resolve(import.meta.dir, '../../src/main.ts')] : [resolve(process.argv[2])];
const CONNECTIONS = 16;
const ACCEPTS = 5000;
const PINGS = 300;
const BACKLOG = 1000;

const homes: string[] = [];
const children: Bun.Subprocess[] = [];

function home(): string {
  const path = mkdtempSync('/tmp/zdm-');
  writeFileSync(join(path, 'config.toml'), '[http]\nlisten = "off"\n', { mode: 0o600 });
  homes.push(path);
  return path;
}

const envOf = (path: string) => ({ PATH: process.env.PATH ?? '/usr/bin:/bin', HOME: path, ZD_HOME: path });

async function until<T>(what: string, ask: () => Promise<T | null | false | undefined>): Promise<T> {
  const end = performance.now() + 60_000;
  for (;;) {
    const answer = await ask().catch(() => null);
    if (answer) return answer;
    if (performance.now() > end) throw new Error(`waited in vain: ${what}`);
    await Bun.sleep(1);
  }
}

const call = async (path: string, op: string, input: unknown = {}): Promise<any> => {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`http://zd/op/${op}`, { unix: join(path, 'zd.sock'), method: 'POST', headers, body: JSON.stringify(input) });
  const body: any = await response.json();
  if (!response.ok) throw new Error(JSON.stringify(body));
  return body;
};

async function daemon(path: string): Promise<Bun.Subprocess> {
  const child = Bun.spawn([...zd, '__daemon'], { env: envOf(path), cwd: path, stdio: ['ignore', 'ignore', 'ignore'] });
  children.push(child);
  await until('the daemon answers', () => call(path, 'mesh_status'));
  return child;
}

const isOpen = (path: string) => until('connected', async () => (await call(path, 'mesh_status')).meshes[0]?.state === 'open');

/** Processor time of a process so far, in milliseconds (proc(5): user and system, in hundredths of a second). */
function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1')
    .replace(/^.*\) /s, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

/** `count` requests over so many connections, one in flight on each. */
async function load(path: string, count: number, body: (at: number) => string): Promise<{ perSecond: number; p50: number; p99: number }> {
  const took: number[] = [];
  let next = 0;
  const began = performance.now();
  const one = async (): Promise<void> => {
    const { promise, resolve: done } = Promise.withResolvers<void>();
    let at = 0;
    const request = (socket: { write(text: string): number }) => {
      if (next >= count) return done();
      const text = body(next++);
      at = performance.now();
      socket.write(
        `POST /v1/send HTTP/1.1\r\nhost: zd\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
      );
    };
    const socket = await Bun.connect({
      unix: join(path, 'zd.sock'),
      socket: {
        open: request,
        data(each, chunk) {
          if (!chunk.includes('HTTP/1.1 202')) throw new Error(chunk.toString());
          took.push(performance.now() - at);
          request(each);
        },
      },
    });
    await promise;
    socket.end();
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, one));
  const seconds = (performance.now() - began) / 1000;
  const sorted = Float64Array.from(took).toSorted();
  return { perSecond: Math.round(count / seconds), p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99) };
}

async function main(): Promise<void> {
  const [a, b, hub] = [home(), home(), home()];
  const broker = Bun.spawn([...zd, 'broker', '--listen', '127.0.0.1:0', '--json', '--rate', '100000', '--burst', '100000'], {
    env: envOf(hub),
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  children.push(broker);
  const { url } = await until('the broker', async () => JSON.parse(readFileSync(join(hub, 'broker', 'broker.json'), 'utf8')) as { url: string });
  await daemon(a);
  let reader = await daemon(b);
  const token_file = join(hub, 'broker', 'token');
  await call(a, 'mesh_create', { mesh: 'bench', broker: url, name: 'ada', token_file });
  const invite = await call(a, 'mesh_invite', { mesh: 'bench' });
  await call(b, 'mesh_join', { link: invite.link ?? invite.url, name: 'ben' });
  await Promise.all([isOpen(a), isOpen(b)]);
  const { pubkey } = (await call(b, 'mesh_status')).meshes[0];
  const text = (message: string, key: string) => JSON.stringify({ to: pubkey, message, client_message_id: key });

  const stream = await fetch('http://zd/v1/events?kinds=message', { unix: join(b, 'zd.sock') });
  const heard = new Map<string, () => void>();
  void (async () => {
    for await (const chunk of stream.body as unknown as AsyncIterable<Uint8Array>)
      for (const [, key] of Buffer.from(chunk)
        .toString()
        .matchAll(/"client_message_id":"([^"]+)"/g))
        heard.get(key!)?.();
  })().catch(() => {});
  const latencies: number[] = [];
  const answered: number[] = [];
  for (let at = 0; at < PINGS; at++) {
    const { promise, resolve: done } = Promise.withResolvers<void>();
    heard.set(`ping-${at}`, done);
    const began = performance.now();
    await fetch('http://zd/v1/send', {
      unix: join(a, 'zd.sock'),
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: text('ping', `ping-${at}`),
    });
    answered.push(performance.now() - began);
    await promise;
    latencies.push(performance.now() - began);
  }
  const sorted = Float64Array.from(latencies).toSorted();
  console.log(`one message accepted: p50 ${quantile(Float64Array.from(answered).toSorted(), 0.5).toFixed(2)} ms`);
  console.log(`sender to reader: p50 ${quantile(sorted, 0.5).toFixed(2)} ms, p99 ${quantile(sorted, 0.99).toFixed(2)} ms`);

  reader.kill('SIGKILL');
  await reader.exited;
  await load(a, BACKLOG, (at) => text(`while away ${at}`, `away-${at}`));
  await until('the broker has them', async () => (await call(a, 'mesh_outbox')).totals.done >= BACKLOG + PINGS);
  reader = await daemon(b);
  const back = performance.now();
  await until(
    'all are there',
    async () =>
      (await call(b, 'mesh_inbox', { mark_seen: false, limit: 1000 })).messages.filter((each: any) => each.client_message_id.startsWith('away-'))
        .length === BACKLOG,
  );
  console.log(`${BACKLOG} messages to a peer that was away: ${Math.round(performance.now() - back)} ms after it answers`);

  const sender = children[1]!.pid;
  const busy = cpuOf(sender);
  const accepts = await load(a, ACCEPTS, (at) => text('accept', `accept-${at}`));
  console.log(
    `accept at ${CONNECTIONS} connections, broker up: ${accepts.perSecond}/s, p50 ${accepts.p50.toFixed(2)} ms, p99 ${accepts.p99.toFixed(2)} ms`,
  );
  await until('the broker has them', async () => (await call(a, 'mesh_outbox')).totals.done >= BACKLOG + PINGS + ACCEPTS);
  console.log(`processor time of the sender per message, accepted and handed over: ${((cpuOf(sender) - busy) / ACCEPTS).toFixed(3)} ms`);
  broker.kill('SIGKILL');
  await broker.exited;
  const quiet = cpuOf(sender);
  const alone = await load(a, ACCEPTS, (at) => text('accept', `alone-${at}`));
  console.log(
    `accept at ${CONNECTIONS} connections, broker down: ${alone.perSecond}/s, p50 ${alone.p50.toFixed(2)} ms, p99 ${alone.p99.toFixed(2)} ms`,
  );
  console.log(`processor time of the sender per message, accepted: ${((cpuOf(sender) - quiet) / ACCEPTS).toFixed(3)} ms`);
  const rss = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${sender}/status`, 'utf8'))?.[1]) / 1024;
  console.log(`resident memory of the sender: ${rss.toFixed(0)} MB`);
}

try {
  await main();
} finally {
  for (const child of children) child.kill('SIGKILL');
  for (const path of homes) rmSync(path, { recursive: true, force: true });
}
