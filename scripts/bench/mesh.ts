import { readEvents } from '../../src/kernel/event_stream';
import type { Bench } from './context';
import { call, drained, processorMs, sendMany, startMesh, until, type Accepted, type MeshRig } from './mesh_rig';
import { perSecond } from './report';
import { resident } from './resident';
import { interleaved, median, quantile } from './statistics';

const SECTION = 'Mesh: two daemons and a broker on this machine';
const BACKLOG = 1000;
const BURST = 5000;
/** Behind this the daemon has noticed that a burst is over, and given back what was grown for it. */
const REST_MS = 16_000;

/** How fast messages are accepted, how long one takes to its reader, how soon all are there for who was away, and what it costs. */
export async function mesh(bench: Bench, pings: number): Promise<void> {
  const { rows, bars } = bench.found;
  await using rig = await startMesh(bench.binary);
  const row = (name: string, number: number, value: string, detail = '') => rows.push({ section: SECTION, name, value, number, detail });
  const took = await latencies(rig, pings);
  const middle = quantile(took, 0.5);
  row('sender to reader', middle, `${middle.toFixed(2)} ms`, `p99 ${quantile(took, 0.99).toFixed(2)} ms of ${pings}`);
  bars.push({ name: 'a message from sender to reader, median', measured: middle, limit: 5, sense: 'at most', unit: ' ms' });

  const back = await backlog(rig);
  row(`${BACKLOG.toLocaleString('en-US')} messages for who was away`, back, `${back.toFixed(0)} ms`, 'all in the inbox, after it answers again');
  bars.push({ name: 'messages that waited for somebody are there', measured: back, limit: 2000, sense: 'at most', unit: ' ms' });

  const up = await bursts(rig, bench.rounds, 'up');
  row('accepted over 16 connections', up.perSecond, perSecond(up.perSecond), `p50 ${up.p50.toFixed(2)} ms, p99 ${up.p99.toFixed(2)} ms; ${up.cost}`);
  bars.push({ name: 'messages accepted over 16 connections', measured: up.perSecond, limit: 5000, sense: 'at least', unit: '/s' });
  bars.push({ name: 'a message is accepted, 99th percentile', measured: up.p99, limit: 10, sense: 'at most', unit: ' ms' });
  await Bun.sleep(REST_MS);
  const [sender, reader] = [resident(rig.sender.pid), resident(rig.reader.pid)];
  row('resident memory behind it', Math.max(sender, reader), `${sender.toFixed(0)} MB`, `who sent; who read has ${reader.toFixed(0)} MB`);
  bars.push({ name: 'memory of a daemon with a mesh', measured: Math.max(sender, reader), limit: 90, sense: 'at most', unit: ' MB' });

  rig.broker.kill('SIGKILL');
  await rig.broker.exited;
  const down = await bursts(rig, bench.rounds, 'down');
  row(
    'the same with the broker down',
    down.perSecond,
    perSecond(down.perSecond),
    `p50 ${down.p50.toFixed(2)} ms, p99 ${down.p99.toFixed(2)} ms; ${down.cost}`,
  );
}

/** Milliseconds from the start of a send to the event at the reader, sorted. */
async function latencies({ sender, reader, key }: MeshRig, count: number): Promise<Float64Array> {
  const stream = await fetch('http://zd/v1/events?kinds=message', { unix: reader.unix.unix });
  const events = readEvents(stream.body as unknown as AsyncIterable<Uint8Array>);
  const took: number[] = [];
  for (let at = 0; at < count; at++) {
    const began = performance.now();
    const body = JSON.stringify({ to: key, message: 'ping', client_message_id: `ping-${at}` });
    const headers = { 'content-type': 'application/json' };
    const { status } = await fetch('http://zd/v1/send', { unix: sender.unix.unix, method: 'POST', headers, body });
    if (status !== 202) throw new Error(`a message was answered with ${status}`);
    for (;;) {
      const { value, done } = await events.next();
      if (done) throw new Error('the stream of the reader ended');
      if (value.data.includes(`"ping-${at}"`)) break;
    }
    took.push(performance.now() - began);
  }
  await events.return?.(undefined as never);
  return Float64Array.from(took).toSorted();
}

/** Milliseconds until all that was sent to a killed reader is in its inbox, from when it answers again. */
async function backlog(rig: MeshRig): Promise<number> {
  await rig.killReader();
  await sendMany(rig.sender, BACKLOG, rig.key, 'away');
  await drained(rig.sender);
  await rig.startReader();
  const began = performance.now();
  await until('all are there', async () => {
    const { messages } = await call(rig.reader, 'mesh_inbox', { mark_seen: false, limit: BACKLOG });
    return messages.filter((each: { client_message_id: string }) => each.client_message_id.startsWith('away-')).length === BACKLOG;
  });
  return performance.now() - began;
}

/** Several bursts, each when the one before is with the broker: the middle one, and the sender's processor time per message. */
async function bursts({ sender, key }: MeshRig, rounds: number, broker: 'up' | 'down'): Promise<Accepted & { readonly cost: string }> {
  let [count, busy] = [0, 0];
  const one = async (): Promise<Accepted> => {
    const before = processorMs(sender.pid);
    const accepted = await sendMany(sender, BURST, key, `${broker}-${count}`);
    if (broker === 'up') await drained(sender);
    busy += processorMs(sender.pid) - before;
    count += BURST;
    return accepted;
  };
  // The first ones run on code that is not compiled yet.
  await one();
  busy = 0;
  const first = count;
  const { all } = await interleaved(rounds, { all: one });
  const middle = (of: (each: Accepted) => number) => median(all!.map(of));
  const cost = `${((busy / (count - first)) * 1000).toFixed(0)} µs of processor time each${broker === 'up' ? ', handed over' : ''}`;
  return { perSecond: middle((each) => each.perSecond), p50: middle((each) => each.p50), p99: middle((each) => each.p99), cost };
}
