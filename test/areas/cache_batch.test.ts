import { expect, test } from 'bun:test';
import { smallCache } from '../helper/cache';

const { daemon, space, call, fails } = smallCache();

test('a batch runs in order, in one transaction, and tells of each item', async () => {
  const [ns, other] = [space(), space()];
  const reply = await call('cache_batch', {
    ns,
    ops: [
      { op: 'put', key: 'a', value: { n: 1 }, ttl_secs: 60 },
      { op: 'get', key: 'a' },
      { op: 'incr', key: 'n', by: 5 },
      { op: 'incr', key: 'a' },
      { op: 'put', key: 'a', value: 2, if_absent: true },
      { op: 'put', ns: other, key: 'b', value_base64: 'AAE=' },
      { op: 'get', ns: other, key: 'b' },
      { op: 'touch', key: 'a', ttl_secs: null },
      { op: 'touch', key: 'none', ttl_secs: 1 },
      { op: 'del', key: 'a', if_version: 0 },
      { op: 'del', key: 'a' },
      { op: 'del', key: 'a' },
      { op: 'get', key: 'a' },
    ],
  });
  expect([reply.count, reply.failed]).toEqual([13, 5]);
  expect(reply.results.map((result: any) => result.code ?? result.value ?? result.value_base64 ?? result.deleted ?? result.ok)).toEqual([
    true,
    { n: 1 },
    5,
    'not_a_number',
    'conflict',
    true,
    'AAE=',
    true,
    'no_such_file',
    'version_mismatch',
    true,
    false,
    'no_such_file',
  ]);
  expect(reply.results[1]).toEqual({
    ok: true,
    type: 'json',
    value: { n: 1 },
    version: reply.results[0].version,
    expires_at: reply.results[0].expires_at,
  });
  expect((await call('cache_list', { ns })).keys).toEqual(['n']);
  expect(await call('cache_stats', { ns })).toMatchObject({ hits: 1, misses: 1 });
  expect(await call('cache_batch', { ops: [] })).toMatchObject({ results: [], count: 0, failed: 0 });
});

test('one malformed item refuses the whole batch', async () => {
  const ns = space();
  const good = { op: 'put', key: 'good', value: 1 };
  const cases: [unknown, string][] = [
    [{ op: 'put', key: 'k' }, '/ops/1/value'],
    [{ op: 'put', key: 'k', value: 1, value_base64: 'YQ==' }, '/ops/1/value'],
    [{ op: 'put', key: 'k', value_base64: '*' }, '/ops/1/value_base64'],
    [{ op: 'put', key: 'k', value: '\ud800' }, '/ops/1/value'],
    [{ op: 'put', key: 'k', value: 1, by: 1 }, '/ops/1/by'],
    [{ op: 'put', key: 'k', value: 1, if_version: 1, if_absent: true }, '/ops/1/if_absent'],
    [{ op: 'put', key: 'k', value: 1, ttl_secs: 0 }, '/ops/1/ttl_secs'],
    [{ op: 'get', key: 'k', value: 1 }, '/ops/1/value'],
    [{ op: 'get', key: '' }, '/ops/1/key'],
    [{ op: 'get', key: 'a\0b' }, '/ops/1/key'],
    [{ op: 'get', key: '\udc00' }, '/ops/1/key'],
    [{ op: 'get', key: 'k', ns: 'a\nb' }, '/ops/1/ns'],
    [{ op: 'get', key: 'k', ns: '' }, '/ops/1/ns'],
    [{ op: 'incr', key: 'k', by: 2 ** 53 }, '/ops/1/by'],
    [{ op: 'touch', key: 'k' }, '/ops/1/ttl_secs'],
    [{ op: 'drop', key: 'k' }, '/ops/1/op'],
    [{ op: 'get', key: 'k', colour: 'red' }, '/ops/1/colour'],
    [{ op: 'get' }, '/ops/1/key'],
    [null, '/ops/1'],
  ];
  for (const [bad, path] of cases) expect([bad, ...(await fails('cache_batch', { ns, ops: [good, bad] }))]).toEqual([bad, 400, 'bad_args', path]);
  expect(await fails('cache_batch', { ops: [good] })).toEqual([400, 'bad_args', '/ops/0/ns']);
  expect(await fails('cache_batch', { ns, ops: Array(10_001).fill(good) })).toEqual([400, 'bad_args', '/ops']);
  expect((await call('cache_list', { ns })).count).toBe(0);
});

test('what is no name or no value is refused with its path', async () => {
  const ns = space();
  const cases: [string, unknown, string][] = [
    ['cache_put', { ns, key: 'k' }, '/value'],
    ['cache_put', { ns, key: 'k', value: 1, value_base64: 'YQ==' }, '/value'],
    ['cache_put', { ns, key: 'k', value_base64: 'YQ' }, '/value_base64'],
    ['cache_put', { ns, key: 'k', value: '\ud800' }, '/value'],
    ['cache_put', { ns, key: 'k', value: 1, ttl_secs: 1.5 }, '/ttl_secs'],
    ['cache_put', { ns, key: 'k', value: 1, ttl_secs: 1e300 }, '/ttl_secs'],
    ['cache_put', { ns, key: 'k', value: 1, if_version: 1, if_absent: true }, '/if_absent'],
    ['cache_put', { ns, key: 'k', value: 1, colour: 'red' }, '/colour'],
    ['cache_put', { ns: '', key: 'k', value: 1 }, '/ns'],
    ['cache_put', { ns: '\ud800', key: 'k', value: 1 }, '/ns'],
    ['cache_get', { ns, key: '' }, '/key'],
    ['cache_get', { ns, key: 'a\0b' }, '/key'],
    ['cache_get', { ns, key: '\ud800' }, '/key'],
    ['cache_get', { ns }, '/key'],
    ['cache_del', { ns, key: '\udfff' }, '/key'],
    ['cache_list', { ns, prefix: 'a\0' }, '/prefix'],
    ['cache_list', { ns, prefix: '\ud800' }, '/prefix'],
    ['cache_incr', { ns, key: 'k', by: 0.5 }, '/by'],
    ['cache_incr', { ns, key: 'k', by: 2 ** 53 }, '/by'],
  ];
  for (const [op, input, path] of cases) expect([op, input, ...(await fails(op, input))]).toEqual([op, input, 400, 'bad_args', path]);
  expect((await call('cache_list', { ns })).count).toBe(0);
});

test('entries and counters survive a restart, acknowledged writes a kill', async () => {
  const ns = space();
  const { version } = await call('cache_put', { ns, key: 'k', value: { a: 1 }, ttl_secs: 600 });
  const before = await call('cache_get', { ns, key: 'k' });
  await daemon().restart();
  expect(await call('cache_get', { ns, key: 'k' })).toEqual(before);
  expect((await call('cache_stats', { ns })).hits).toBe(2);
  const next = await call('cache_put', { ns, key: 'k', value: 2 });
  expect(next.version).toBeGreaterThan(version);
  await daemon().kill();
  await daemon().start();
  expect(await call('cache_get', { ns, key: 'k' })).toMatchObject({ value: 2, version: next.version });
});

test('statistics of one namespace and of all', async () => {
  const ns = space();
  const before = await call('cache_stats', {});
  await call('cache_put', { ns, key: 'k', value: 'é' });
  await call('cache_get', { ns, key: 'k' });
  await call('cache_get', { ns, key: 'none' });
  expect(await call('cache_stats', { ns })).toMatchObject({ ns, key_count: 1, byte_count: 2, hits: 1, misses: 1, evictions: 0, expired: 0 });
  const after = await call('cache_stats', {});
  expect(after).toMatchObject({
    namespace_count: before.namespace_count + 1,
    key_count: before.key_count + 1,
    hits: before.hits + 1,
    misses: before.misses + 1,
  });
  expect('ns' in after).toBe(false);
  expect(await call('cache_stats', { ns: 'never used' })).toMatchObject({ key_count: 0, byte_count: 0, hits: 0 });
});
