import { beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { utimesSync, writeFileSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { blobFile, blobFiles, bytesOf, sha256, upload } from '../helper/artifacts';
import { startDaemon, type TestDaemon } from '../helper/daemon';
import { until } from '../helper/until';

let daemon: TestDaemon;

beforeAll(async () => {
  daemon = await startDaemon({ config: '[artifact]\ngrace_secs = 0\n' });
});

beforeEach(async () => {
  for (const name of await names()) await daemon.call('artifact_delete', { name });
});

const put = async (name: string, value: string) => expect((await daemon.call('artifact_put', { name, value })).status).toBe(200);
const names = async (): Promise<string[]> => (await daemon.call('artifact_list')).body.entries.map((entry: { name: string }) => entry.name);
const gc = async (input: object) => (await daemon.call('artifact_gc', input)).body;
/** Until the clock shows another millisecond, so that one use is later than the other. */
const later = async () => {
  const now = Date.now();
  await until('the clock goes on', () => Date.now() > now);
};

/** Three names of 10 bytes each, used in this order: a, c, b. */
async function three(): Promise<void> {
  for (const name of ['a', 'b', 'c']) {
    await put(name, name.repeat(10));
    await later();
  }
  await daemon.call('artifact_put', { name: 'b', value: 'b'.repeat(10) });
  await later();
}

describe('by bytes', () => {
  test('the least recently used go until the rest fits', async () => {
    await three();
    expect(await gc({ max_bytes: 25 })).toEqual({ ok: true, removed: 1, freed_bytes: 10, blobs: 1, names: ['a'], dry_run: false });
    expect(await gc({ max_bytes: 10 })).toMatchObject({ removed: 1, names: ['c'] });
    expect(await names()).toEqual(['b']);
    expect(blobFiles(daemon)).toEqual([sha256('b'.repeat(10))]);
    expect(await gc({ max_bytes: 10 })).toMatchObject({ removed: 0, freed_bytes: 0 });
  });

  test('a dry run says the same and does nothing', async () => {
    await three();
    const dry = await gc({ max_bytes: 15, dry_run: true });
    expect(dry).toMatchObject({ removed: 2, freed_bytes: 20, names: ['a', 'c'], dry_run: true });
    expect(await names()).toEqual(['a', 'b', 'c']);
    expect(await gc({ max_bytes: 15 })).toEqual({ ...dry, dry_run: false });
  });

  test('a shared content counts once, goes with all its names, and frees once', async () => {
    await put('one', 'shared content');
    await put('two', 'shared content');
    await put('three', 'shared content');
    await later();
    await put('new', 'recent');
    await later();
    expect(await gc({ max_bytes: 20 })).toMatchObject({ removed: 0 });
    expect(await gc({ max_bytes: 19 })).toMatchObject({ removed: 3, freed_bytes: 14, blobs: 1 });
    expect(await names()).toEqual(['new']);
  });

  test('what is pinned stays, and so does what shares its content', async () => {
    await three();
    await daemon.call('artifact_pin', { name: 'a' });
    await put('also-a', 'a'.repeat(10));
    await later();
    expect(await gc({ max_bytes: 0 })).toMatchObject({ removed: 2, names: ['c', 'b'] });
    expect(await names()).toEqual(['a', 'also-a']);
    await daemon.call('artifact_unpin', { name: 'a' });
    expect(await gc({ max_bytes: 0 })).toMatchObject({ removed: 2, freed_bytes: 10 });
  });

  test('with a prefix only names below it go, and only they count', async () => {
    await put('keep/x', 'x'.repeat(10));
    await put('go/x', 'x'.repeat(10));
    await put('go/y', 'y'.repeat(10));
    await later();
    expect(await gc({ max_bytes: 20, prefix: 'go/' })).toMatchObject({ removed: 0 });
    // The shared one cannot be freed from here, so only the other goes.
    expect(await gc({ max_bytes: 0, prefix: 'go/' })).toMatchObject({ removed: 1, names: ['go/y'], freed_bytes: 10 });
    expect(await names()).toEqual(['go/x', 'keep/x']);
  });
});

describe('by age', () => {
  test('what was not used for that long goes, unless pinned', async () => {
    await three();
    await daemon.call('artifact_pin', { name: 'c' });
    expect(await gc({ max_age_secs: 3600 })).toMatchObject({ removed: 0 });
    expect(await gc({ max_age_secs: 0 })).toMatchObject({ removed: 2, names: ['a', 'b'] });
    expect(await names()).toEqual(['c']);
  });

  test('a content stays while a younger or pinned name has it', async () => {
    await put('old', 'both');
    await put('pinned', 'both');
    await daemon.call('artifact_pin', { name: 'pinned' });
    await later();
    expect(await gc({ max_age_secs: 0 })).toMatchObject({ removed: 1, freed_bytes: 0, blobs: 0 });
    expect(Buffer.from((await daemon.call('artifact_get', { name: 'pinned' })).body.value_base64, 'base64').toString()).toBe('both');
  });
});

test('without a limit it removes nothing that has a name', async () => {
  await three();
  expect(await gc({})).toEqual({ ok: true, removed: 0, freed_bytes: 0, blobs: 0, names: [], dry_run: false });
  for (const bad of [{ max_bytes: -1 }, { max_age_secs: 1.5 }, { max_bytes: '5' }]) expect((await gc(bad)).code).toBe('bad_args');
});

test('what is being read is not collected, and its reader gets every byte', async () => {
  const content = bytesOf(30_000_000, 3);
  await upload(daemon, 'slow', content);
  await later();
  const reply = await daemon.fetch('/artifact/slow');
  const reader = reply.body!.getReader();
  const first = (await reader.read()).value!;
  expect(await gc({ max_bytes: 0, max_age_secs: 0 })).toMatchObject({ removed: 0 });
  // Not even a delete takes it from under a reader.
  await daemon.call('artifact_delete', { name: 'slow' });
  const hash = new Bun.CryptoHasher('sha256').update(first);
  for (;;) {
    const { value, done } = await reader.read();
    if (done) break;
    hash.update(value);
  }
  expect(hash.digest('hex')).toBe(sha256(content));
});

test('what was just put is safe for the time of grace', async () => {
  const other = await startDaemon({ config: '[artifact]\ngrace_secs = 3600\n' });
  await other.call('artifact_put', { name: 'fresh', value: 'x' });
  await later();
  expect((await other.call('artifact_gc', { max_bytes: 0, max_age_secs: 0 })).body.removed).toBe(0);
});

test('files that no row knows are removed at the next start', async () => {
  const other = await startDaemon();
  await other.call('artifact_put', { name: 'known', value: 'x' });
  await other.stop();
  const stray = blobFile(other, sha256('stray'));
  mkdirSync(dirname(stray), { recursive: true });
  writeFileSync(stray, 'stray');
  utimesSync(stray, new Date(), new Date());
  writeFileSync(`${other.home}/artifacts/tmp/half`, 'half');
  await other.restart();
  await until('the stray file is gone', () => !blobFiles(other).includes(sha256('stray')));
  expect((await other.call('artifact_verify')).body).toMatchObject({ clean: true, checked: 1, orphans: [] });
});

test('above artifact.max_bytes the least recently used go by themselves', async () => {
  const other = await startDaemon({ config: '[artifact]\nmax_bytes = 10\ngrace_secs = 0\n' });
  await other.call('artifact_put', { name: 'first', value: 'x'.repeat(8) });
  await later();
  await other.call('artifact_put', { name: 'second', value: 'y'.repeat(8) });
  await later();
  // The sweep runs at each start.
  await other.restart();
  await until('one is gone', async () => (await other.call('artifact_list')).body.count === 1);
  expect((await other.call('artifact_list')).body.entries[0].name).toBe('second');
});
