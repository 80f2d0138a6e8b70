import { expect, test } from 'bun:test';
import { closeSync, openSync, readFileSync, statSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { startDaemon, type TestDaemon } from '../helper/daemon';
import { listenTo, publishTo } from '../helper/stream';

/** Bytes of the frame header that SQLite writes before each page of the write-ahead log (sqlite.org/fileformat2.html, 4.2). */
const FRAME = 4096 + 24;
const PUBLISHED = 30;

const wal = (daemon: TestDaemon) => join(daemon.home, 'zd.db-wal');

/** Where the log ends. What lies behind it in the file is of an earlier round, and carries the salts of that. */
function end(file: string): number {
  const bytes = readFileSync(file);
  const salts = bytes.subarray(16, 24);
  let at = 32;
  while (at + FRAME <= bytes.length && bytes.subarray(at + 8, at + 16).equals(salts)) at += FRAME;
  return at;
}

function overwrite(file: string, at: number, bytes: Uint8Array): void {
  const fd = openSync(file, 'r+');
  writeSync(fd, bytes, 0, bytes.length, at);
  closeSync(fd);
}

const damages: readonly [what: string, damage: (file: string) => void][] = [
  ['the last record is cut in half', (file) => truncateSync(file, end(file) - FRAME / 2)],
  ['the last record is cut off', (file) => truncateSync(file, end(file) - FRAME)],
  ['many records are cut off', (file) => truncateSync(file, end(file) - 20 * FRAME - 7)],
  ['the last record is garbled', (file) => overwrite(file, end(file) - 200, crypto.getRandomValues(new Uint8Array(200)))],
  ['a record in the middle is garbled', (file) => overwrite(file, Math.floor(end(file) / 2), new Uint8Array(64).fill(0xa5))],
  ['the head is garbled', (file) => overwrite(file, 0, crypto.getRandomValues(new Uint8Array(32)))],
  ['everything is zero', (file) => writeFileSync(file, new Uint8Array(statSync(file).size))],
  ['there is garbage behind the last record', (file) => overwrite(file, end(file), crypto.getRandomValues(new Uint8Array(5000)))],
];

test.each(damages)('after kill -9, %s: the log opens, says what is gone, and gives no number twice', async (what, damage) => {
  const daemon = await startDaemon();
  const published: Awaited<ReturnType<typeof publishTo>>[] = [];
  for (let at = 0; at < PUBLISHED; at++) published.push(await publishTo(daemon, 'before', at));
  await daemon.kill();
  damage(wal(daemon));
  await daemon.start();

  const { body: stats } = await daemon.call('event_stats');
  const kept = stats.newest?.seq ?? 0;
  if (what.startsWith('there is garbage')) expect([kept, stats.lost]).toEqual([PUBLISHED, []]);
  else {
    expect(kept).toBeLessThan(PUBLISHED);
    expect(stats.lost).toMatchObject([{ from: kept + 1, to: PUBLISHED, events: PUBLISHED - kept }]);
    expect(daemon.log()).toContain(`"first":${kept + 1},"last":${PUBLISHED},"events":${PUBLISHED - kept}`);
    const { checks } = (await daemon.call('doctor')).body;
    expect(checks.find((check: { name: string }) => check.name === 'event_log')).toMatchObject({ status: 'warn' });
  }

  const next = await publishTo(daemon, 'after');
  expect(next.seq).toBe(PUBLISHED + 1);
  expect(published.map((event) => event.event_id)).not.toContain(next.event_id);
  const clients = new AbortController();
  const behind = async (id: string) => {
    const stream = await listenTo(daemon, '', { headers: { 'last-event-id': id }, signal: clients.signal });
    let lost = 0;
    const heard: number[] = [];
    for (let frame = await stream.next(); ; frame = await stream.next()) {
      if (frame.event === 'gap') lost += frame.data.lost;
      else heard.push(frame.data.seq);
      if (frame.id === next.event_id) return { lost, heard };
    }
  };
  const survivors = published.map((event) => event.seq).filter((seq) => seq > 1 && seq <= kept);
  expect(await behind(published[0]!.event_id)).toEqual({ lost: PUBLISHED - Math.max(kept, 1), heard: [...survivors, next.seq] });
  expect(await behind(published.at(-1)!.event_id)).toEqual({ lost: 0, heard: [next.seq] });
  clients.abort();
});

const fileDamages: readonly [what: string, damage: (file: string) => void][] = [
  ['cut in the middle of its last page', (file) => truncateSync(file, statSync(file).size - 2000)],
  ['without its last page', (file) => truncateSync(file, statSync(file).size - 4096)],
  ['garbled at its end', (file) => overwrite(file, statSync(file).size - 3000, crypto.getRandomValues(new Uint8Array(3000)))],
  ['zero at its end', (file) => overwrite(file, statSync(file).size - 3 * 4096, new Uint8Array(3 * 4096))],
];

test.each(fileDamages)('a database %s: what can be read is kept, and the rest is said', async (_what, damage) => {
  const daemon = await startDaemon();
  const count = 400;
  const published = await Promise.all(Array.from({ length: count }, (_, at) => publishTo(daemon, 'before', `${'x'.repeat(200)}${at}`)));
  await daemon.stop();
  damage(join(daemon.home, 'zd.db'));
  await daemon.start();
  const { body: stats } = await daemon.call('event_stats');
  const lost = stats.lost.reduce((sum: number, each: { events: number }) => sum + each.events, 0);
  expect(lost).toBeWithin(1, 200);
  expect(stats.events).toBe(count - lost);
  expect(daemon.log()).toContain('pages of the log were damaged');
  expect((await publishTo(daemon, 'after')).seq).toBe(count + 1);
  const clients = new AbortController();
  const first = published.find((event) => event.seq === 1)!;
  const stream = await listenTo(daemon, '', { headers: { 'last-event-id': first.event_id }, signal: clients.signal });
  let told = 0;
  const heard: number[] = [];
  for (let frame = await stream.next(); ; frame = await stream.next()) {
    if (frame.event === 'gap') told += frame.data.lost;
    else heard.push(frame.data.seq);
    if (frame.data.topic === 'after') break;
  }
  expect([told, heard.length]).toEqual([lost, count - lost]);
  expect(heard).toEqual(heard.toSorted((a, b) => a - b));
  clients.abort();
  const { checks } = (await daemon.call('doctor')).body;
  // The damaged pages stay in the file, and doctor says so.
  expect(checks.find((check: { name: string }) => check.name === 'db_integrity:zd.db')).toMatchObject({ status: 'fail' });
  await daemon.restart();
  expect((await daemon.call('event_stats')).body).toMatchObject({ events: count - lost + 1, lost: stats.lost });
});

test('an unfinished transaction at the end is no loss: nobody was told it was stored', async () => {
  const daemon = await startDaemon({ source: true, env: { ZD_FAILPOINTS: 'storage.before_commit=kill@20' } });
  let told = 0;
  for (;;) {
    const reply = await publishTo(daemon, 'x').catch(() => null);
    if (!reply) break;
    told = reply.seq;
  }
  await daemon.ended();
  await daemon.restart({});
  const { body } = await daemon.call('event_stats');
  expect([body.newest.seq, body.lost]).toEqual([told, []]);
  expect((await publishTo(daemon, 'y')).seq).toBe(told + 1);
});

test('the note of the newest number is private and follows every commit', async () => {
  const daemon = await startDaemon();
  const file = join(daemon.home, 'zd.db-events');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  for (let at = 1; at <= 3; at++) {
    const { event_id, seq } = await publishTo(daemon, 'x');
    expect(readFileSync(file, 'utf8')).toBe(`${event_id.split('-')[0]} ${String(seq).padStart(16, '0')}\n`);
  }
});
