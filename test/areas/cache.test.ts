import { expect, test } from 'bun:test';
import { smallCache } from '../helper/cache';
import { until } from '../helper/until';

const { daemon, space, call, fails } = smallCache();

test('each kind of value comes back as it was put', async () => {
  const ns = space();
  for (const value of [
    '',
    'text',
    'NUL \0 and \u{10ffff}',
    '5',
    5,
    1.5,
    true,
    null,
    [],
    { a: { b: [null, '\ud800'] } },
    JSON.parse('{"__proto__": 1}'),
  ]) {
    const put = await call('cache_put', { ns, key: 'k', value });
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    expect(put).toEqual({
      ok: true,
      ns,
      key: 'k',
      bytes: Buffer.byteLength(text),
      version: put.version,
      type: typeof value === 'string' ? 'text' : 'json',
      expires_at: null,
    });
    const got = await call('cache_get', { ns, key: 'k' });
    expect(JSON.stringify(got.value)).toBe(JSON.stringify(value));
    expect([got.type, got.version, got.bytes, 'value_base64' in got]).toEqual([put.type, put.version, put.bytes, false]);
  }
  expect(await call('cache_put', { ns, key: 'b', value_base64: 'AP/+' })).toMatchObject({ type: 'binary', bytes: 3 });
  expect(await call('cache_get', { ns, key: 'b' })).toMatchObject({ type: 'binary', value: null, value_base64: 'AP/+', bytes: 3 });
});

test('times are nanoseconds, an overwrite keeps created_at and lifts the limit', async () => {
  const ns = space();
  const before = Date.now();
  const put = await call('cache_put', { ns, key: 'k', value: 1, ttl_secs: 60 });
  const first = await call('cache_get', { ns, key: 'k' });
  expect(put.expires_at).toBe(first.expires_at);
  expect(first.expires_at).toBe(first.created_at + 60e9);
  expect(first.created_at).toBe(first.updated_at);
  expect(Math.round(first.created_at / 1e6)).toBeGreaterThanOrEqual(before);
  await until('the clock moves', () => Date.now() > Math.round(first.updated_at / 1e6));
  await call('cache_put', { ns, key: 'k', value: 2 });
  const second = await call('cache_get', { ns, key: 'k' });
  expect(second).toMatchObject({ created_at: first.created_at, expires_at: null });
  expect(second.updated_at).toBeGreaterThan(first.updated_at);
  expect(second.version).toBeGreaterThan(first.version);
});

test('a missing key is named', async () => {
  const { status, body } = await daemon().call('cache_get', { ns: 'nobody', key: 'no "such" key' });
  expect([status, body.code]).toEqual([404, 'no_such_file']);
  expect(body.msg).toContain('"nobody"');
  expect(body.msg).toContain('no \\"such\\" key');
});

test('an expired key is absent to every operation', async () => {
  const ns = space();
  for (const key of ['a', 'b', 'c', 'd', 'e', 'f']) await call('cache_put', { ns, key, value: 'x', ttl_secs: 1 });
  await until('they expire', async () => (await call('cache_list', { ns })).count === 0);
  expect(await fails('cache_get', { ns, key: 'a' })).toEqual([404, 'no_such_file']);
  expect(await call('cache_del', { ns, key: 'b' })).toMatchObject({ deleted: false, count: 0 });
  expect(await fails('cache_touch', { ns, key: 'c', ttl_secs: 5 })).toEqual([404, 'no_such_file']);
  expect(await call('cache_put', { ns, key: 'd', value: 1, if_absent: true })).toMatchObject({ ok: true });
  expect(await call('cache_incr', { ns, key: 'e' })).toMatchObject({ value: 1, expires_at: null });
  expect(await call('cache_stats', { ns })).toMatchObject({ key_count: 2, byte_count: 2, expired: 6 });
});

test('compare-and-set', async () => {
  const ns = space();
  const { version } = await call('cache_put', { ns, key: 'k', value: 1, if_absent: true });
  const again = await daemon().call('cache_put', { ns, key: 'k', value: 2, if_absent: true });
  expect([again.status, again.body.code, again.body.version]).toEqual([409, 'conflict', version]);
  const next = await call('cache_put', { ns, key: 'k', value: 3, if_version: version });
  expect(next.version).toBeGreaterThan(version);
  const stale = await daemon().call('cache_put', { ns, key: 'k', value: 4, if_version: version });
  expect([stale.status, stale.body.code, stale.body.version]).toEqual([409, 'version_mismatch', next.version]);
  expect(await fails('cache_del', { ns, key: 'k', if_version: version })).toEqual([409, 'version_mismatch']);
  expect(await fails('cache_put', { ns, key: 'other', value: 1, if_version: version })).toEqual([409, 'version_mismatch']);
  expect((await call('cache_get', { ns, key: 'k' })).value).toBe(3);
  expect(await call('cache_del', { ns, key: 'k', if_version: next.version })).toMatchObject({ deleted: true });
  expect((await call('cache_put', { ns, key: 'k', value: 5 })).version).toBeGreaterThan(next.version);
});

test('of many writers with one version exactly one wins', async () => {
  const ns = space();
  const { version } = await call('cache_put', { ns, key: 'k', value: 0 });
  const replies = await Promise.all(
    Array.from({ length: 20 }, (_, value) => daemon().call('cache_put', { ns, key: 'k', value, if_version: version })),
  );
  expect(replies.filter(({ status }) => status === 200)).toHaveLength(1);
  expect(replies.filter(({ body }) => body.code === 'version_mismatch')).toHaveLength(19);
});

test('increments add up, keep the first limit and refuse what is no integer', async () => {
  const ns = space();
  await Promise.all(Array.from({ length: 50 }, () => daemon().call('cache_incr', { ns, key: 'n' })));
  expect(await call('cache_incr', { ns, key: 'n', by: -8 })).toMatchObject({ value: 42 });
  expect(await call('cache_get', { ns, key: 'n' })).toMatchObject({ value: 42, type: 'json' });
  const first = await call('cache_incr', { ns, key: 'limited', ttl_secs: 60 });
  expect((await call('cache_incr', { ns, key: 'limited', ttl_secs: 6000 })).expires_at).toBe(first.expires_at);
  await call('cache_put', { ns, key: 't', value: '41' });
  await call('cache_incr', { ns, key: 't' });
  expect(await call('cache_get', { ns, key: 't' })).toMatchObject({ value: '42', type: 'text' });
  for (const value of ['x', '', '1.0', '007', 1.5, null, [1], '9007199254740992']) {
    await call('cache_put', { ns, key: 'x', value });
    expect(await fails('cache_incr', { ns, key: 'x' })).toEqual([409, 'not_a_number']);
  }
  await call('cache_put', { ns, key: 'max', value: Number.MAX_SAFE_INTEGER });
  expect(await fails('cache_incr', { ns, key: 'max' })).toEqual([400, 'bad_value', '/by']);
  expect(await call('cache_get', { ns, key: 'max' })).toMatchObject({ value: Number.MAX_SAFE_INTEGER });
  expect(await fails('cache_incr', { ns, key: 'k'.repeat(65) })).toEqual([413, 'too_large', '/key']);
});

test('touch sets and lifts the limit and leaves the value alone', async () => {
  const ns = space();
  const { version } = await call('cache_put', { ns, key: 'k', value: 'v' });
  const touched = await call('cache_touch', { ns, key: 'k', ttl_secs: 60 });
  expect(touched.expires_at / 1e6).toBeGreaterThan(Date.now());
  expect(await call('cache_get', { ns, key: 'k' })).toMatchObject({ value: 'v', version, expires_at: touched.expires_at });
  expect(await call('cache_touch', { ns, key: 'k', ttl_secs: null })).toMatchObject({ ns, key: 'k', version, expires_at: null });
  expect(await fails('cache_touch', { ns, key: 'k' })).toEqual([400, 'bad_args', '/ttl_secs']);
});

test('prefixes are bytes: case, wildcards and high code points', async () => {
  const ns = space();
  const keys = ['A', 'a', 'a%', 'aB', 'a\\b', 'a_', 'ab', 'b', 'é', '\uffff', '\u{10000}', '\u{10ffff}'];
  await call('cache_batch', { ns, ops: keys.map((key) => ({ op: 'put', key, value: 0 })) });
  const bytewise = keys.toSorted((x, y) => Buffer.compare(Buffer.from(x), Buffer.from(y)));
  expect(await call('cache_list', { ns })).toEqual({ ok: true, ns, keys: bytewise, count: 12, truncated: false, next_cursor: null });
  expect((await call('cache_list', { ns, prefix: 'a' })).keys).toEqual(['a', 'a%', 'aB', 'a\\b', 'a_', 'ab']);
  expect((await call('cache_list', { ns, prefix: 'a%' })).keys).toEqual(['a%']);
  expect((await call('cache_list', { ns, prefix: '\u{10ffff}' })).keys).toEqual(['\u{10ffff}']);
  expect(await call('cache_del', { ns, prefix: 'a' })).toEqual({ ok: true, ns, prefix: 'a', deleted: true, count: 6 });
  expect((await call('cache_list', { ns })).keys).toEqual(['A', 'b', 'é', '\uffff', '\u{10000}', '\u{10ffff}']);
  expect(await call('cache_del', { ns, prefix: 'a' })).toMatchObject({ deleted: false, count: 0 });
  expect(await call('cache_del', { ns, all: true })).toEqual({ ok: true, ns, deleted: true, count: 6 });
  expect((await call('cache_stats', { ns })).key_count).toBe(0);
});

test('what to delete is said exactly once', async () => {
  const ns = space();
  await call('cache_put', { ns, key: 'k', value: 1 });
  for (const input of [{}, { key: 'k', prefix: 'k' }, { key: 'k', all: true }, { prefix: '' }, { all: false }, { prefix: 'k', if_version: 1 }]) {
    expect((await fails('cache_del', { ns, ...input })).slice(0, 2)).toEqual([400, 'bad_args']);
  }
  expect((await call('cache_list', { ns })).keys).toEqual(['k']);
});

test('pages follow each other while the namespace changes', async () => {
  const ns = space();
  await call('cache_batch', { ns, ops: ['a', 'b', 'c', 'd', 'e'].map((key) => ({ op: 'put', key, value: 0 })) });
  const first = await call('cache_list', { ns, limit: 2 });
  expect(first).toMatchObject({ keys: ['a', 'b'], count: 2, truncated: true });
  await call('cache_del', { ns, key: 'b' });
  await call('cache_put', { ns, key: 'aa', value: 0 });
  const second = await call('cache_list', { ns, limit: 3, cursor: first.next_cursor });
  expect(second).toMatchObject({ keys: ['c', 'd', 'e'], truncated: false, next_cursor: null });
  expect(await fails('cache_list', { ns, cursor: 'not a cursor' })).toEqual([400, 'bad_args', '/cursor']);
  expect(await fails('cache_list', { ns, limit: 10_001 })).toEqual([400, 'bad_args', '/limit']);
});

test('limits are named', async () => {
  const ns = space();
  const value = await daemon().call('cache_put', { ns, key: 'k', value: 'é'.repeat(1001) });
  expect([value.status, value.body.code, value.body.path, value.body.limit]).toEqual([413, 'too_large', '/value', 2000]);
  expect(value.body.msg).toContain('cache.max_value_bytes');
  const key = await daemon().call('cache_put', { ns, key: 'é'.repeat(33), value: 1 });
  expect([key.status, key.body.code, key.body.path, key.body.limit]).toEqual([413, 'too_large', '/key', 64]);
  expect(await call('cache_put', { ns, key: 'é'.repeat(32), value: 1 })).toMatchObject({ ok: true });
  const quota = await daemon().call('cache_put', { ns, key: 'k', value: 'x'.repeat(1601) });
  expect([quota.status, quota.body.code, quota.body.limit]).toEqual([413, 'quota_exceeded', 1600]);
  expect(
    await fails('cache_batch', {
      ns,
      ops: [
        { op: 'put', key: 'a', value: 1 },
        { op: 'put', key: 'b', value: 'x'.repeat(1601) },
      ],
    }),
  ).toEqual([413, 'quota_exceeded', '/ops/1/value']);
  expect(
    await fails('cache_batch', {
      ns,
      ops: [
        { op: 'put', key: 'a', value: 1 },
        { op: 'incr', key: 'k'.repeat(65) },
      ],
    }),
  ).toEqual([413, 'too_large', '/ops/1/key']);
  expect((await call('cache_list', { ns })).count).toBe(1);
});

test('a full namespace loses the least recently used, others nothing', async () => {
  const [ns, other] = [space(), space()];
  await call('cache_put', { ns: other, key: 'k', value: 1 });
  await call('cache_batch', { ns, ops: Array.from({ length: 20 }, (_, n) => ({ op: 'put', key: `k${n}`, value: n })) });
  await call('cache_get', { ns, key: 'k0' });
  await call('cache_put', { ns, key: 'new', value: 1 });
  const { keys } = await call('cache_list', { ns });
  expect(keys).toHaveLength(20);
  expect([keys.includes('k0'), keys.includes('k1'), keys.includes('new')]).toEqual([true, false, true]);
  expect(await call('cache_stats', { ns })).toMatchObject({
    key_count: 20,
    evictions: 1,
    hits: 1,
    misses: 0,
    quota: { max_bytes: 1600, max_entries: 20 },
  });
  await call('cache_put', { ns, key: 'big', value: 'x'.repeat(1590) });
  expect((await call('cache_list', { ns })).keys).toContain('big');
  expect((await call('cache_stats', { ns })).byte_count).toBeLessThanOrEqual(1600);
  expect((await call('cache_list', { ns: other })).count).toBe(1);
});
