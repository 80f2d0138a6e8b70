import { beforeAll, describe, expect, test } from 'bun:test';
import { existsSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { archiveOf, membersOf, remade, type Piece } from '../helper/archive';
import { bytesOf, sha256, upload } from '../helper/artifacts';
import { startDaemon, tempHome, type TestDaemon } from '../helper/daemon';

const folder = tempHome();
const content = bytesOf(200_000, 5);
let daemon: TestDaemon;
let archive: Buffer;
let pieces: Piece[];

/** What a client sees of everything that is kept. */
async function seen(of: TestDaemon) {
  const ask = async (op: string, input: object = {}) => (await of.call(op, input)).body;
  return {
    cache: [await ask('cache_get', { ns: 'n', key: 'k' }), (await ask('cache_list', { ns: 'n' })).keys],
    artifact: sha256(new Uint8Array(await (await of.fetch('/artifact/ns/blob')).arrayBuffer())),
    artifacts: (await ask('artifact_list')).entries.map(({ name, digest }: { name: string; digest: string }) => [name, digest]),
    output: await ask('job_output', { id: 1 }),
    schedules: (await ask('schedule_list')).schedules?.map(({ command, cron_expr }: Record<string, unknown>) => [command, cron_expr]),
    events: (await ask('event_list', { topic: 'kept' })).events?.map(({ data }: { data: unknown }) => data),
    definitions: (await ask('definitions_query')).records,
    snapshots: (await ask('snapshot_list')).snapshots.map(({ tag, total_rows, notes, signed }: Record<string, unknown>) => [
      tag,
      total_rows,
      notes,
      signed,
    ]),
    level: (await ask('config_get', { key: 'log.level' })).value,
  };
}

beforeAll(async () => {
  daemon = await startDaemon();
  expect((await daemon.call('cache_put', { ns: 'n', key: 'k', value: { deep: [1, 'two'] } })).status).toBe(200);
  expect((await upload(daemon, 'ns/blob', content)).status).toBe(201);
  const job = await daemon.call('job_submit', { command: ['sh', '-c', 'echo of a job'] });
  expect(job.status).toBe(200);
  await daemon.call('job_wait', { id: job.body.job_id });
  expect((await daemon.call('schedule_add', { cron_expr: '0 3 * * *', command: ['true'] })).status).toBe(200);
  await daemon.call('publish', { topic: 'kept', data: { a: 1 } });
  await daemon.call('definitions_emit', { shell_id: 'zsh', kind: 'alias', name: 'gs', value: 'git status', file: '/rc', line: 3 });
  expect((await daemon.call('snapshot_save', { tag: 'one', notes: 'first' })).status).toBe(200);
  expect((await daemon.call('snapshot_sign', { tag: 'one' })).status).toBe(200);
  expect((await daemon.call('config_set', { key: 'log.level', value: 'warn', persist: true })).status).toBe(200);
  const response = await daemon.fetch('/export/all');
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/zstd']);
  archive = Buffer.from(await response.arrayBuffer());
  pieces = await membersOf(archive);
});

const unfinished = (of: TestDaemon) => readdirSync(of.home).filter((name) => name.startsWith('.unfinished') || name === 'import.pending');

test('a backup is restored into an empty home, and a client sees the same', async () => {
  const before = await seen(daemon);
  const file = join(folder, 'all.tar.zst');
  writeFileSync(file, archive);
  const other = await startDaemon();
  const taken = await other.call('import_all', { path: file, force: true });
  expect([taken.status, taken.body.imported_count, taken.body.skipped]).toEqual([200, pieces.length - 1, []]);
  await other.restart();
  expect(await seen(other)).toEqual(before);
  expect(unfinished(other)).toEqual([]);
  expect(readdirSync(other.home).filter((name) => name.startsWith('replaced-')).length).toBe(1);
  for (const each of ['zd.db', 'cache.db', 'overrides.json']) expect(statSync(join(other.home, each)).mode & 0o777).toBe(0o600);
  expect((await other.call('doctor')).body.checks?.filter(({ status }: { status: string }) => status === 'fail') ?? []).toEqual([]);
}, 180_000);

test('neither tokens nor configuration are in it, and keys only when they are wanted', async () => {
  const { token } = daemon;
  const names = pieces.map(({ name }) => name);
  expect(names.filter((name) => /token|config|key|lock$|daemon/.test(name))).toEqual([]);
  expect(names.slice(0, 2)).toEqual(['zd.db', 'cache.db']);
  expect(names.at(-1)).toBe('manifest.json');
  expect(pieces.filter((piece) => piece.content.includes(token)).map(({ name }) => name)).toEqual([]);
  const all = await membersOf(Buffer.from(await (await daemon.fetch('/export/all?include_sensitive=true')).arrayBuffer()));
  expect(all.map(({ name }) => name)).toContain('snapshot-signing.key');
  expect(unfinished(daemon)).toEqual([]);
});

test('export_all writes a file that is not there yet, and nowhere inside of zd', async () => {
  const out = join(folder, 'written.tar.zst');
  const { status, body } = await daemon.call('export_all', { out });
  expect([status, body.out, body.archived_count, body.include_sensitive]).toEqual([200, out, pieces.length - 1, false]);
  expect([statSync(out).size, statSync(out).mode & 0o777]).toEqual([body.total_bytes, 0o600]);
  expect((await membersOf(readFileSync(out))).map(({ name }) => name)).toEqual(pieces.map(({ name }) => name));
  expect((await daemon.call('export_all', { out })).body.code).toBe('create_failed');
  expect((await daemon.call('export_all', { out: '/nonexistent/folder/x' })).body.code).toBe('create_failed');
  for (const bad of ['relative/path', '../x', join(daemon.home, 'zd.db.new'), `${daemon.home}/exports/../token2`])
    expect((await daemon.call('export_all', { out: bad })).body.code).toBe('bad_args');
  expect(readdirSync(folder).filter((name) => name.startsWith('.'))).toEqual([]);
});

describe('refused, with nothing changed', () => {
  const manifest = (): { members: { name: string; bytes: number; sha256: string }[]; version: number } =>
    JSON.parse(pieces.at(-1)!.content.toString());
  const told = (change: (m: ReturnType<typeof manifest>) => void): Piece => {
    const value = manifest();
    change(value);
    return { name: 'manifest.json', content: Buffer.from(JSON.stringify(value)) };
  };
  const piece = (name: string, text: string): Piece => ({ name, content: Buffer.from(text) });
  const described = (each: Piece) => ({ name: each.name, bytes: each.content.length, sha256: sha256(each.content) });
  /** With one more member, which the manifest names as it should. */
  const withMember = (each: Piece) => [...pieces.slice(0, -1), each, told(({ members }) => members.push(described(each)))];
  const blob = () => pieces.find(({ name }) => name.startsWith('artifacts/'))!;

  const cases: Record<string, () => Promise<Buffer> | Buffer> = {
    'a member outside': () => archiveOf(withMember(piece('../zd-outside', 'x'))),
    'a member with .. inside': () => archiveOf(withMember(piece('jobs/../../zd-outside', 'x'))),
    'an absolute member': () => archiveOf(withMember(piece(join(folder, 'outside'), 'x'))),
    'a token': () => archiveOf(withMember(piece('token', 'x'))),
    'a log of SQLite': () => archiveOf(withMember(piece('zd.db-wal', 'x'))),
    'a symbolic link': () =>
      archiveOf(withMember(piece('jobs/1/x', '')), (header, name) => (name === 'jobs/1/x' ? remade(header, { type: '2', link: '/etc' }) : header)),
    'a hard link': () =>
      archiveOf(withMember(piece('jobs/1/x', '')), (header, name) => (name === 'jobs/1/x' ? remade(header, { type: '1', link: 'zd.db' }) : header)),
    'a folder': () => archiveOf(withMember(piece('jobs/1/x', '')), (header, name) => (name === 'jobs/1/x' ? remade(header, { type: '5' }) : header)),
    'a member twice': () => archiveOf([pieces[0]!, ...pieces]),
    'a member under another name': () =>
      archiveOf(pieces, (header, name) => (name === 'cache.db' ? remade(header, { name: 'overrides.json' }) : header)),
    'a wrong checksum of a header': () => archiveOf(pieces, (header, name) => (name === 'cache.db' ? Buffer.from(header).fill(1, 300, 310) : header)),
    'a changed member': () =>
      archiveOf(pieces.map((each) => (each === blob() ? { ...each, content: Buffer.from(each.content.toReversed()) } : each))),
    'a missing member': () => archiveOf(pieces.filter((each) => each !== blob())),
    'a member too many': () => archiveOf([...pieces.slice(0, -1), piece('jobs/1/extra', 'x'), pieces.at(-1)!]),
    'no manifest': () => archiveOf(pieces.slice(0, -1)),
    'something behind the manifest': () => archiveOf([...pieces, piece('jobs/1/extra', 'x')]),
    'a manifest of another version': () => archiveOf([...pieces.slice(0, -1), told((value) => (value.version = 2))]),
    'a manifest that is none': () => archiveOf([...pieces.slice(0, -1), piece('manifest.json', '{"format"')]),
    'no database': () => archiveOf([...pieces.slice(1, -1), told(({ members }) => members.shift())]),
    'cut in the middle': () => archive.subarray(0, archive.length >> 1),
    'cut at the end': () => archive.subarray(0, archive.length - 10),
    'flipped bits': () => Buffer.from(archive.map((byte, at) => (at === archive.length >> 1 ? byte ^ 0x55 : byte))),
    'no zstd': () => Buffer.from('PK\u0003\u0004 not ours'),
    empty: () => Buffer.alloc(0),
  };
  test.each(Object.entries(cases))('%s', async (name, make) => {
    const file = join(folder, `bad-${name.replace(/\W/g, '-')}`);
    writeFileSync(file, await make());
    const { status, body } = await daemon.call('import_all', { path: file, force: true });
    expect([status, body.code]).toEqual([422, 'bad_archive']);
    expect([unfinished(daemon), existsSync(join(folder, 'outside')) || existsSync(join(daemon.home, '../zd-outside'))]).toEqual([[], false]);
  });

  test('databases that are damaged, foreign, newer, or bring triggers', async () => {
    const { Database } = await import('bun:sqlite');
    const changed = async (change: (db: InstanceType<typeof Database>) => void) => {
      const path = join(folder, `changed-${Bun.randomUUIDv7()}.db`);
      writeFileSync(path, pieces[0]!.content);
      const db = new Database(path);
      change(db);
      db.close();
      return readFileSync(path);
    };
    const instead = async (db: Buffer) => {
      const first = { name: 'zd.db', content: db };
      const file = join(folder, `db-${Bun.randomUUIDv7()}`);
      writeFileSync(file, await archiveOf([first, ...pieces.slice(1, -1), told(({ members }) => (members[0] = described(first)))]));
      const { body } = await daemon.call('import_all', { path: file, force: true });
      expect(unfinished(daemon)).toEqual([]);
      return body.code;
    };
    expect(await instead(Buffer.from('SQLite format 3\0 or not'))).toBe('bad_archive');
    expect(await instead(await changed((db) => db.run('CREATE TRIGGER t AFTER INSERT ON event BEGIN DELETE FROM event; END')))).toBe('bad_archive');
    expect(await instead(await changed((db) => db.run('CREATE TABLE mine (x)')))).toBe('bad_archive');
    expect(await instead(await changed((db) => db.run("INSERT INTO schema_migration VALUES (999, 'later', 'x', 0)")))).toBe('bad_archive');
    expect(await instead(await changed((db) => db.run("UPDATE schema_migration SET checksum = 'x'")))).toBe('bad_archive');
    const torn = await changed((db) => {
      db.run('PRAGMA foreign_keys = OFF');
      db.run('DELETE FROM artifact_blob');
    });
    expect(await instead(torn)).toBe('integrity_check_failed');
  });

  test('what is no file, and a home that is not to be replaced', async () => {
    const file = join(folder, 'good.tar.zst');
    writeFileSync(file, archive);
    symlinkSync('/nonexistent', join(folder, 'dangling'));
    expect((await daemon.call('import_all', { path: file })).body.code).toBe('conflict');
    expect((await daemon.call('import_all', { path: join(folder, 'none'), force: true })).body.code).toBe('no_such_file');
    expect((await daemon.call('import_all', { path: join(folder, 'dangling'), force: true })).body.code).toBe('no_such_file');
    expect((await daemon.call('import_all', { path: folder, force: true })).body.code).toBe('read_failed');
    expect((await daemon.call('import_all', { path: 'a/b', force: true })).body.code).toBe('bad_args');
  });
});
