import { afterAll, beforeAll, expect, test } from 'bun:test';
import { startDaemon, type TestDaemon } from '../helper/daemon';
import { listenTo, publishTo } from '../helper/stream';
import { until } from '../helper/until';
import { folderIn } from '../helper/watch';

let zd: TestDaemon;
beforeAll(async () => {
  zd = await startDaemon();
});
const clients = new AbortController();
afterAll(() => clients.abort());

const start = async (path: string, from?: string) => {
  const headers: Record<string, string> = from === undefined ? {} : { 'last-event-id': from };
  const response = await zd.fetch(path, { signal: clients.signal, headers });
  expect(response.status).toBe(200);
  return response.headers.get('last-event-id');
};

test('a stream says behind which id it begins, resumed or not', async () => {
  const first = await publishTo(zd, 'a');
  const last = await publishTo(zd, 'b');
  for (const path of [
    '/stream/events',
    '/api/events',
    '/stream/definitions',
    '/stream/jobs',
    '/stream/events?managed=true',
    '/stream/events?limit=3',
  ]) {
    expect(await start(path)).toBe(last.event_id);
    expect(await start(path, first.event_id)).toBe(first.event_id);
    expect(await start(path, 'zzzzzzzzzz-1')).toBe(last.event_id);
  }
  expect(await start('/stream/events?since=earliest')).toEndWith('-0');
  const head = await zd.fetch('/stream/events', { method: 'HEAD', headers: { 'last-event-id': first.event_id } });
  expect(head.headers.get('last-event-id')).toBe(first.event_id);
  const watched = await start(`/stream/watch?path=${folderIn(zd)}`);
  expect(watched).toMatch(/^[0-9a-z]+-\d+-0$/);
  expect(await start(`/stream/watch?path=${folderIn(zd)}`, 'gone-1-7')).toMatch(/-0$/);
});

test('after a gap it is the id of the gap, which is the last one that is gone', async () => {
  const before = await publishTo(zd, 'gone');
  for (let at = 0; at < 20; at++) await publishTo(zd, 'gone');
  await zd.call('config_set', { key: 'events.max_count', value: 3 });
  await until('retention has passed', async () => (await zd.call('event_stats')).body.events === 3);
  const { response, next } = await listenTo(zd, '', { signal: clients.signal, headers: { 'last-event-id': before.event_id } });
  const gap = await next();
  expect(gap).toMatchObject({ event: 'gap', data: { requested: before.event_id, lost: 17 } });
  expect(response.headers.get('last-event-id')).toBe(gap.id);
});

test('the API document names the header', async () => {
  const document = (await (await zd.fetch('/openapi.json')).json()) as any;
  expect(document.paths['/stream/events'].get.responses['200'].headers['Last-Event-ID'].schema).toEqual({ type: 'string' });
});
