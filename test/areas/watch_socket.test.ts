import { beforeAll, expect, test } from 'bun:test';
import { writeFileSync } from 'node:fs';
import { startDaemon, type TestDaemon } from '../helper/daemon';
import { openSocket } from '../helper/socket';
import { until } from '../helper/until';
import { folderIn } from '../helper/watch';

let zd: TestDaemon;
beforeAll(async () => {
  zd = await startDaemon({ config: '[http.tokens]\nblind = { token = "blind-token-0123456789", scopes = ["watch.write"] }\n' });
});
const watches = async (): Promise<number> => (await zd.call('watcher_stats')).body.subscriptions;

test('a watch made over a socket tells that socket, and nobody else sees it', async () => {
  const dir = folderIn(zd);
  const [mine, other] = [await openSocket(zd), await openSocket(zd)];
  const { watch_id } = await mine.call('watch_subscribe', { path: dir, debounce_ms: 0 });
  writeFileSync(`${dir}/a`, '');
  expect(await mine.event()).toMatchObject({ event: 'fs', event_id: expect.any(String), watch_id, kind: 'create', path: `${dir}/a` });
  expect((await mine.call('watch_list')).subscriptions).toMatchObject([{ watch_id, streams: 1 }]);
  expect((await other.call('watch_list')).count).toBe(0);
  expect((await zd.call('watch_list')).body.count).toBe(0);
  expect((await other.call('watch_unsubscribe', { watch_id })).removed).toBe(false);
  expect(other.pending()).toBe(0);
  for (const socket of [mine, other]) socket.ws.close();
});

test('a watch that ends leaves its socket open, and the others of the socket too', async () => {
  const dir = folderIn(zd);
  const socket = await openSocket(zd);
  const [first, second] = [await socket.call('watch_subscribe', { path: dir }), await socket.call('watch_subscribe', { path: dir, debounce_ms: 0 })];
  expect((await socket.call('watch_unsubscribe', { watch_id: first.watch_id })).removed).toBe(true);
  expect(await socket.event()).toMatchObject({ event: 'end', watch_id: first.watch_id, reason: 'unsubscribed' });
  writeFileSync(`${dir}/b`, '');
  expect(await socket.event()).toMatchObject({ event: 'fs', watch_id: second.watch_id, path: `${dir}/b` });
  expect((await socket.call('ping')).ok).toBe(true);
  socket.ws.close();
});

test('the watches of a socket die with it', async () => {
  await until('no watch is left', async () => (await watches()) === 0);
  const socket = await openSocket(zd);
  for (let at = 0; at < 5; at++) await socket.call('watch_subscribe', { path: folderIn(zd), recursive: at % 2 === 0 });
  expect(await watches()).toBe(5);
  socket.ws.terminate();
  await until('its watches are gone', async () => (await watches()) === 0);
  expect((await zd.call('watcher_stats')).body).toMatchObject({ watched_path_count: 0, watched_directories: 0 });
});

test('who may not read what changes gets no frames over a socket either', async () => {
  const socket = await openSocket(zd, { tcp: true, headers: { authorization: 'Bearer blind-token-0123456789' } });
  expect(await socket.call('watch_subscribe', { path: '/tmp' })).toMatchObject({ ok: false, err: { code: 'scope_denied' } });
  expect(await watches()).toBe(0);
  socket.ws.close();
});

test('a socket that only watches is told of a stop and ends', async () => {
  const daemon = await startDaemon();
  const socket = await openSocket(daemon);
  await socket.call('watch_subscribe', { path: folderIn(daemon) });
  const stopped = daemon.stop();
  expect(await socket.event()).toMatchObject({ event: 'shutdown', reason: 'stopping' });
  expect(await socket.closed).toMatchObject({ code: 1001 });
  expect(await stopped).toBe(0);
});
