import { afterAll, expect, test } from 'bun:test';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { WatchRequest } from '../../src/areas/watch/service';
import { Watcher } from '../../src/areas/watch/watcher';
import { systemClock } from '../../src/kernel/clock';
import { isEncoded, type EncodedFrames, type Frame } from '../../src/kernel/stream';

const folder = mkdtempSync('/tmp/zd-watcher-');
const limits = { maxWatches: 10, maxDirectories: 100, maxEntries: 1000, pollMs: 1000, queueEvents: 20, queueBytes: 1 << 20 };
const watcher = new Watcher(systemClock, () => limits);
afterAll(async () => {
  await watcher.stop();
  rmSync(folder, { recursive: true, force: true });
});

const request: WatchRequest = { path: folder, recursive: false, include: [], exclude: [], gitignore: false, debounceMs: 0, poll: 'auto' };

async function next(frames: AsyncGenerator<Frame | EncodedFrames>): Promise<Frame[]> {
  const { value, done } = await frames.next();
  if (done) return [];
  if (!isEncoded(value)) return [value];
  return new TextDecoder()
    .decode(value.ndjson())
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Frame);
}

test('what an owner has ends with it, for its readers too, and nothing of another owner', async () => {
  const mine = await watcher.subscribe(request, 'connection:1', 60_000);
  await watcher.subscribe({ ...request, recursive: true }, 'connection:1', 60_000);
  const theirs = await watcher.subscribe(request, 'connection:2', 60_000);
  const frames = watcher.attach(mine.watch_id, 'connection:1', null, new AbortController().signal);
  const ended = next(frames);
  expect(watcher.releaseOwner('connection:1')).toBe(2);
  expect(await ended).toMatchObject([{ event: 'end', data: { watch_id: mine.watch_id, reason: 'owner_gone' } }]);
  expect(await next(frames)).toEqual([]);
  expect(watcher.list('connection:1')).toEqual([]);
  expect(watcher.list('connection:2').map(({ watch_id }) => watch_id)).toEqual([theirs.watch_id]);
  expect(watcher.releaseOwner('connection:2')).toBe(1);
  expect(watcher.figures()).toMatchObject({ subscriptions: 0, watched_directories: 0, watched_path_count: 0 });
});

test('a reader that is too slow is told to look anew, with how many it missed', async () => {
  const { watch_id } = await watcher.subscribe(request, 'me', 60_000);
  const frames = watcher.attach(watch_id, 'me', null, new AbortController().signal);
  const routed = () => watcher.figures().events_routed;
  const before = routed();
  for (let at = 0; at < 60; at += 10) {
    for (let each = at; each < at + 10; each++) writeFileSync(`${folder}/f${each}`, '');
    while (routed() < before + at + 10) await Bun.sleep(1);
  }
  const [first] = await next(frames);
  expect(first).toMatchObject({ event: 'rescan', data: { watch_id, path: folder, reason: 'slow_reader' } });
  const kept = await next(frames);
  expect(kept.length).toBeLessThanOrEqual(limits.queueEvents);
  expect((first!.data as { missed: number }).missed + kept.length).toBe(routed() - before);
  watcher.releaseOwner('me');
});

test('more changes at once than a queue holds are one rescan', async () => {
  const { watch_id } = await watcher.subscribe({ ...request, debounceMs: 50 }, 'me', 60_000);
  const frames = watcher.attach(watch_id, 'me', null, new AbortController().signal);
  for (let at = 0; at < 60; at++) writeFileSync(`${folder}/g${at}`, '');
  expect(await next(frames)).toMatchObject([{ event: 'rescan', data: { reason: 'too_many_changes' } }]);
  watcher.releaseOwner('me');
});

test('stopping ends every stream with a frame that says so, and lets nobody in', async () => {
  const other = new Watcher(systemClock, () => limits);
  const frames = other.open(request, 'me', null, new AbortController().signal);
  const last = next(frames);
  const stopped = other.stop();
  expect(await last).toMatchObject([{ event: 'shutdown', data: { reason: 'stopping', retry_ms: expect.any(Number) } }]);
  expect(await next(frames)).toEqual([]);
  await stopped;
  expect(() => other.open(request, 'me', null, new AbortController().signal)).toThrow('zd is stopping');
});
