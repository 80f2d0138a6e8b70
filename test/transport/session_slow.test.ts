import { beforeAll, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { startDaemon, type TestDaemon } from '../helper/daemon';
import { scripted, sessionCalls } from '../helper/sessions';
import { SlowViewer } from '../helper/slow_viewer';
import { until } from '../helper/until';
import { ViewerClient, type Seen } from '../helper/viewer';

let daemon: TestDaemon;
beforeAll(async () => {
  daemon = await startDaemon({ config: `${scripted('agent')}\n[limits]\nqueue_events = 64\n` });
});
const { open, told } = sessionCalls(() => daemon);

const events = (frames: readonly Seen[]) => frames.filter(({ seq, type }) => seq !== undefined && type !== 'live');
const residentMb = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${daemon.pid}/status`, 'utf8'))![1]) / 1024;

test.skipIf(process.platform !== 'linux')('who reads slowly is told, misses nothing, and costs neither memory nor the others anything', async () => {
  const id = await open('agent');
  const slow = await SlowViewer.open(daemon, id);
  await until('live', () => slow.frames.some(({ type }) => type === 'live'));
  slow.pause();
  const quick = await ViewerClient.open(daemon, { query: `?session=${id}` });
  const before = residentMb();
  await quick.ask({ type: 'message', content: 'flood:20' });
  await until('the end of the turn', () => quick.frames.some(({ type, seq }) => type === 'done' && seq !== undefined), 60_000);
  expect(quick.text().length).toBe(20 * 128 * 8192);
  expect(residentMb() - before).toBeLessThan(150);
  slow.resume();
  await until('the end for the slow one', () => slow.frames.some(({ type, seq }) => type === 'done' && seq !== undefined), 60_000);
  const lag = slow.frames.find(({ code }) => code === 'lag');
  expect(lag).toMatchObject({
    type: 'system',
    message: expect.stringMatching(/^\[client lagged — \d+ message\(s\) late, none dropped\]$/),
    session_id: id,
  });
  const last = (await told(id)).at(-1)!.seq;
  expect(events(slow.frames).map(({ seq }) => seq)).toEqual(Array.from({ length: last - 1 }, (_, at) => at + 2));
  slow.close();
  quick.close();
});

test('a viewer that vanishes while much is under way leaves nothing behind', async () => {
  const id = await open('agent');
  const slow = await SlowViewer.open(daemon, id);
  await until('live', () => slow.frames.some(({ type }) => type === 'live'));
  slow.pause();
  const quick = await ViewerClient.open(daemon, { query: `?session=${id}` });
  await quick.ask({ type: 'message', content: 'flood:4' });
  await quick.ended(`${id}.1`);
  slow.close();
  await quick.sees('it leave', ({ code }) => code === 'client_left');
  await until('one viewer', async () => (await daemon.call('session_info', { id })).body.viewers === 1);
  quick.close();
  await until('no viewer', async () => (await daemon.call('session_info', { id })).body.viewers === 0);
});
