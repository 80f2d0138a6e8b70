import { beforeAll, describe, expect, test } from 'bun:test';
import { existsSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startDaemon, type TestDaemon } from '../helper/daemon';
import { readEvents } from '../../src/kernel/event_stream';

let daemon: TestDaemon;
const emit = async (shell_id: string, kind: string, name: string, value: string) =>
  expect((await daemon.call('definitions_emit', { shell_id, kind, name, value })).status).toBe(200);
const ok = async (op: string, input: object = {}) => {
  const { status, body } = await daemon.call(op, input);
  expect([status, body.code, body.msg]).toEqual([200, undefined, undefined]);
  return body;
};
const code = async (op: string, input: object) => {
  const { status, body } = await daemon.call(op, input);
  return [status, body.code];
};
const file = (tag: string) => join(daemon.home, 'snapshots', `${tag}.jsonl.zst`);

beforeAll(async () => {
  daemon = await startDaemon();
  await emit('zsh', 'alias', 'gs', 'git status');
  await emit('zsh', 'trap', 'EXIT', 'echo "bye"');
  await emit('zsh', 'zstyle', ':completion:*', 'menu select');
  await emit('bash', 'alias', 'gs', 'git status -s');
  await emit('fish', 'function', 'greet', 'echo hi; end');
});

test('notes, rows and shells of a snapshot are listed, and its file is private', async () => {
  const saved = await ok('snapshot_save', { tag: 'v1', notes: 'as it was ☃' });
  expect(saved).toMatchObject({ tag: 'v1', path: file('v1'), bytes_prev: 0, total_rows: 5 });
  expect([statSync(file('v1')).size, statSync(file('v1')).mode & 0o777, statSync(join(daemon.home, 'snapshots')).mode & 0o777]).toEqual([
    saved.bytes,
    0o600,
    0o700,
  ]);
  const { snapshots, count } = await ok('snapshot_list');
  expect(count).toBe(1);
  expect(snapshots[0]).toMatchObject({
    tag: 'v1',
    notes: 'as it was ☃',
    total_rows: 5,
    signed: false,
    bytes: saved.bytes,
    generation: saved.generation,
  });
  expect(await code('snapshot_save', { tag: 'v1' })).toEqual([409, 'snapshot_exists']);
  expect((await ok('snapshot_save', { tag: 'v1', notes: 'again', force: true })).bytes_prev).toBe(saved.bytes);
});

test('a load brings everything back at once, is durable, and is told', async () => {
  await ok('snapshot_save', { tag: 'loaded', force: true });
  const before = (await ok('definitions_query')).records;
  await emit('zsh', 'alias', 'new', 'x');
  await emit('bash', 'alias', 'gs', 'changed');
  const tried = await ok('snapshot_load', { tag: 'loaded', dry_run: true });
  expect([tried.summary, tried.dry_run, tried.rows_restored]).toEqual([{ added: 0, removed: 1, changed: 1 }, true, 5]);
  expect((await ok('definitions_query')).records.length).toBe(6);
  const stream = await daemon.fetch('/stream/definitions');
  const told = readEvents(stream.body as unknown as AsyncIterable<Uint8Array>);
  expect(await ok('snapshot_load', { tag: 'loaded' })).toMatchObject({ rows_restored: 5, rows_removed: 6, summary: tried.summary, dry_run: false });
  expect(JSON.parse((await told.next()).value!.data)).toMatchObject({ change: 'snapshot_load' });
  await told.return(undefined);
  expect((await ok('definitions_query')).records).toEqual(before);
  await daemon.kill();
  await daemon.restart();
  expect((await ok('definitions_query')).records).toEqual(before);
  const events = (await ok('event_list', { topic: 'snapshot.loaded' })).events;
  expect(events.length).toBe(1);
});

test('differences and the first of them, over kinds and shells', async () => {
  await ok('snapshot_save', { tag: 'good', force: true });
  await emit('zsh', 'trap', 'EXIT', 'false');
  await emit('fish', 'alias', 'only', 'x');
  await ok('snapshot_save', { tag: 'bad', force: true });
  const diff = await ok('snapshot_diff', { a: 'good', b: 'bad' });
  expect(diff.added).toEqual([{ kind: 'alias', name: 'only', shell_id: 'fish', value: 'x' }]);
  expect(diff.changed).toEqual([{ kind: 'trap', name: 'EXIT', shell_id: 'zsh', from: 'echo "bye"', to: 'false' }]);
  expect([diff.removed, diff.summary, diff.truncated]).toEqual([[], { added: 1, removed: 0, changed: 1 }, false]);
  expect(await ok('snapshot_diff', { a: 'good', limit: 1 })).toMatchObject({ b: 'live', truncated: true, summary: diff.summary });
  const found = await ok('snapshot_bisect', { good: 'good' });
  expect(found).toMatchObject({ diverged: true, bad: 'live', good_records: 5, bad_records: 6, added: 1, removed: 0, changed: 1 });
  expect(found.first).toMatchObject({ kind: 'alias', key: 'only', shell_id: 'fish', change: 'added', good: null, bad: { bytes: 1, value: 'x' } });
  expect(await ok('snapshot_bisect', { good: 'bad', bad: 'bad' })).toMatchObject({ diverged: false, first: null });
  await ok('snapshot_load', { tag: 'good' });
});

test('delete takes the signature too', async () => {
  await ok('snapshot_save', { tag: 'gone' });
  await ok('snapshot_sign', { tag: 'gone' });
  await ok('snapshot_delete', { tag: 'gone' });
  expect(readdirSync(join(daemon.home, 'snapshots')).filter((name) => name.startsWith('gone'))).toEqual([]);
  expect(await code('snapshot_delete', { tag: 'gone' })).toEqual([404, 'no_such_file']);
});

describe('bad input', () => {
  test.each(['../x', '.hidden', 'a/b', 'a b', '', 'x'.repeat(101), 'a\n', 'a\u0000', '..', 'ä'])('the tag %p is refused everywhere', async (tag) => {
    for (const op of ['snapshot_save', 'snapshot_load', 'snapshot_delete', 'snapshot_sign', 'snapshot_verify', 'snapshot_publish', 'snapshot_pull'])
      expect([op, ...(await code(op, { tag }))]).toEqual([op, 400, 'bad_args']);
    expect(await code('snapshot_diff', { a: tag })).toEqual([400, 'bad_args']);
    expect(await code('snapshot_diff', { a: 'v1', b: tag })).toEqual([400, 'bad_args']);
    expect(await code('snapshot_bisect', { good: tag })).toEqual([400, 'bad_args']);
  });

  test('what is not there', async () => {
    for (const op of ['snapshot_load', 'snapshot_sign', 'snapshot_verify', 'snapshot_delete'])
      expect([op, ...(await code(op, { tag: 'none' }))]).toEqual([op, 404, 'no_such_file']);
    expect(await code('snapshot_diff', { a: 'none' })).toEqual([404, 'no_such_file']);
    expect(await code('snapshot_bisect', { good: 'none' })).toEqual([404, 'no_such_file']);
    expect(await code('snapshot_publish', { tag: 'none', registry: '/tmp' })).toEqual([404, 'no_such_file']);
  });

  test('a file that is no snapshot, is cut, changed, of another tag or version, changes nothing', async () => {
    const bytes = Buffer.from(await Bun.file(file('v1')).arrayBuffer());
    const text = (await Bun.zstdDecompress(bytes)).toString();
    const packed = (lines: string) => Bun.zstdCompress(Buffer.from(lines));
    const resummed = (change: (lines: string[]) => string[]) => {
      const lines = change(text.trimEnd().split('\n').slice(0, -1));
      const body = `${lines.join('\n')}\n`;
      const sha256 = new Bun.CryptoHasher('sha256').update(body).digest('hex');
      return packed(`${body}{"end":true,"rows":${lines.length - 1},"sha256":"${sha256}"}\n`);
    };
    const retitled = (lines: string[], change: object) => [JSON.stringify({ ...JSON.parse(lines[0]!), ...change }), ...lines.slice(1)];
    const cases: Uint8Array[] = [
      Buffer.alloc(0),
      Buffer.from('hello'),
      bytes.subarray(0, bytes.length - 9),
      await packed(text.slice(0, -40)),
      await packed(text.replace('git status', 'rm -rf /x!')),
      await packed(`${text}{"kind":"alias"}\n`),
      await resummed((lines) => retitled(lines, { tag: 'other' })),
      await resummed((lines) => retitled(lines, { version: 2 })),
      await resummed((lines) => retitled(lines, { format: 'else' })),
      await resummed((lines) => retitled(lines, { rows: 99 })),
      await resummed((lines) => [...lines, lines[1]!]),
      await resummed((lines) => retitled([...lines, lines[1]!], { rows: lines.length })),
      await resummed((lines) => lines.map((line) => line.replace('"kind":"alias"', '"kind":"virus"'))),
      await resummed((lines) => lines.map((line) => line.replace('"shell_id":"zsh"', '"shell_id":"../x"'))),
      await resummed((lines) => lines.map((line) => line.replace('"name":"gs",', ''))),
      await resummed((lines) => lines.map((line) => line.replace('"name":"gs"', '"name":"gs","extra":1'))),
      await resummed((lines) => lines.map((line) => line.replace('"name":"gs"', '"name":'))),
    ];
    const before = (await ok('definitions_query')).records;
    for (const [at, content] of cases.entries()) {
      writeFileSync(file('spoiled'), content);
      for (const [op, input] of [
        ['snapshot_load', { tag: 'spoiled' }],
        ['snapshot_diff', { a: 'spoiled' }],
        ['snapshot_bisect', { good: 'v1', bad: 'spoiled' }],
        ['snapshot_sign', { tag: 'spoiled' }],
        ['snapshot_publish', { tag: 'spoiled', registry: daemon.home }],
      ] as const)
        expect([at, op, ...(await code(op, input))]).toEqual([at, op, 422, 'snapshot_read']);
    }
    expect((await ok('definitions_query')).records).toEqual(before);
    expect((await ok('snapshot_list')).snapshots.find(({ tag }: { tag: string }) => tag === 'spoiled')).toMatchObject({
      generation: null,
      total_rows: null,
    });
    await ok('snapshot_delete', { tag: 'spoiled' });
    expect(existsSync(file('spoiled'))).toBe(false);
  });

  test('more rows than the catalogue may hold, and a folder nobody can write to', async () => {
    const small = await startDaemon({ config: '[definitions]\nmax_records = 2\n' });
    writeFileSync(join(small.home, 'x'), '');
    await small.call('snapshot_save', { tag: 'empty' });
    await Bun.write(join(small.home, 'snapshots', 'v1.jsonl.zst'), Bun.file(file('v1')));
    expect((await small.call('snapshot_load', { tag: 'v1' })).body.code).toBe('quota_exceeded');
    expect((await small.call('definitions_query')).body.records).toEqual([]);
    rmSync(join(small.home, 'snapshots'), { recursive: true });
    writeFileSync(join(small.home, 'snapshots'), 'a file');
    expect((await small.call('snapshot_save', { tag: 'x' })).body.code).toBe('snapshot_write');
  });
});

test('the command line', async () => {
  expect(await daemon.zd('snapshot', 'save', 'cli', '--notes', 'by hand')).toMatchObject({ code: 0, stdout: `${file('cli')}\n` });
  expect((await daemon.zd('snapshot', 'list')).stdout.split('\n').find((line) => line.startsWith('cli\t'))).toContain('by hand');
  expect(await daemon.zd('snapshot', 'load', 'cli', '--dry-run')).toMatchObject({ code: 0, stdout: '5\n' });
  expect((await daemon.zd('snapshot', 'diff', 'cli')).code).toBe(0);
  expect((await daemon.zd('snapshot', 'save', 'cli')).code).toBe(6);
  expect((await daemon.zd('snapshot', 'load', 'nothing')).code).toBe(4);
  expect((await daemon.zd('snapshot', 'delete', 'cli')).code).toBe(0);
}, 180_000);
