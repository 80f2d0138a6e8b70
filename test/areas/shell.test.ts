import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { startDaemon, type TestDaemon } from '../helper/daemon';
import { ShellRig } from '../helper/shells';
import { listenTo } from '../helper/stream';
import { openSocket } from '../helper/socket';
import { until } from '../helper/until';

let zd: TestDaemon;
const rig = new ShellRig(() => zd);
beforeAll(async () => {
  zd = await startDaemon();
});
afterAll(() => rig.close());

const shells = async (tag?: string) => (await zd.call('list_shells', tag === undefined ? {} : { tag })).body.shells as any[];
const row = async (id: number) => (await shells()).find(({ shell_id }) => shell_id === id);
const refused = async (answer: Promise<{ status: number; body: any }>) => {
  const { status, body } = await answer;
  return [status, body.code];
};

test('they are listed page by page', async () => {
  const mine = [await rig.member({ tags: ['paged'] }), await rig.member({ tags: ['paged'] }), await rig.member({ tags: ['paged'] })];
  const found: number[] = [];
  for (let cursor: string | null = null, page = 0; page === 0 || cursor !== null; page++) {
    const { body } = await zd.call('list_shells', { tag: 'paged', limit: 2, ...(cursor === null ? {} : { cursor }) });
    expect(body.total).toBe(3);
    found.push(...body.shells.map(({ shell_id }: any) => shell_id));
    cursor = body.next_cursor;
  }
  expect(found).toEqual(mine.map(({ id }) => id));
  expect((await zd.call('list_shells', { cursor: 'x' })).body.code).toBe('bad_args');
});

describe('registering', () => {
  test('a shell is its process: told apart by its start, and gone with it', async () => {
    const { id, pid, key } = await rig.member({ cwd: '/tmp', tty: '/dev/pts/9', argv0: 'zsh', tags: ['b', 'a', 'b'] });
    expect(key).toMatch(/^[\w-]{32}$/);
    expect(await row(id)).toMatchObject({ pid, cwd: '/tmp', tty: '/dev/pts/9', argv0: 'zsh', tags: ['a', 'b'], connections: 0, ask_pending: 0 });
    expect((await row(id)).login_time).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+\+00:00$/);
    await rig.end(pid);
    expect(await row(id)).toBeUndefined();
    const again = await rig.member();
    expect(again.id).toBeGreaterThan(id);
  });

  test('one that ended goes by itself, and says so', async () => {
    const { id, pid } = await rig.member();
    const stream = await listenTo(zd, `channel=shell:${id}.exit`);
    await rig.end(pid);
    expect((await stream.next()).data).toMatchObject({ scope: `shell:${id}`, topic: 'exit', data: { from_shell: id } });
    await stream.events.return(undefined);
  });

  test('it is told again what changed; null clears, absent leaves; the folder is an event when it changes', async () => {
    const shell = await rig.member({ cwd: '/a', tty: '/dev/pts/1' });
    const stream = await listenTo(zd, `channel=shell:${shell.id}.chpwd`);
    await shell.call('register', { cwd: '/a' });
    await shell.call('register', { cwd: '/b', tty: null });
    expect((await stream.next()).data.data).toMatchObject({ from_shell: shell.id, cwd: '/b' });
    expect(await row(shell.id)).toMatchObject({ cwd: '/b', tty: null });
    await stream.events.return(undefined);
  });

  test('nobody else registers for a living shell', async () => {
    const { pid, id, key } = await rig.member();
    expect(await refused(zd.call('register', { shell_pid: pid, cwd: '/stolen' }))).toEqual([403, 'foreign_shell']);
    expect(await refused(zd.call('register', { shell_pid: pid, shell_key: 'another key of 16' }))).toEqual([403, 'foreign_shell']);
    expect((await zd.call('register', { shell_pid: pid, shell_key: key, cwd: '/mine' })).body).toMatchObject({
      shell_id: id,
      cwd: '/mine',
      shell_key: null,
    });
    const other = rig.process();
    expect(await refused(zd.call('register', { shell_pid: other.pid, shell_key: key }))).toEqual([403, 'foreign_shell']);
  });

  test('bad input is refused with its path, and nothing is stored', async () => {
    const before = (await shells()).length;
    const child = rig.process();
    for (const [input, path] of [
      [{ tags: ['a.b'] }, '/tags/0'],
      [{ tags: [1] }, '/tags/0'],
      [{ cwd: 'a\nb' }, '/cwd'],
      [{ shell_key: 'short' }, '/shell_key'],
      [{ bell: 'SIGKILL' }, '/bell'],
      [{ nonsense: 1 }, '/nonsense'],
    ] as const) {
      const { status, body } = await zd.call('register', { shell_pid: child.pid, ...input });
      expect([status, body.code, body.path]).toEqual([400, 'bad_args', path]);
    }
    expect(await refused(zd.call('register', { shell_pid: 2_000_000_000 }))).toEqual([404, 'no_such_process']);
    expect(await refused(zd.call('register', { shell_pid: child.pid, tags: Array.from({ length: 65 }, (_, at) => `t${at}`) }))).toEqual([
      400,
      'bad_args',
    ]);
    expect((await shells()).length).toBe(before);
  });

  test('a caller without a shell is told so, and counts for nothing', async () => {
    expect((await zd.call('register', { cwd: '/x', tags: ['t'] })).body).toMatchObject({ shell_id: null, tags: [], cwd: '/x' });
    expect(await refused(zd.call('tag', { tags: ['t'] }))).toEqual([404, 'no_shell']);
    expect(await refused(zd.call('untag', { all: true }))).toEqual([404, 'no_shell']);
    expect(await refused(zd.call('unregister'))).toEqual([404, 'no_shell']);
    expect(await refused(zd.call('take_deliveries'))).toEqual([404, 'no_shell']);
  });

  test('it outlives a restart of the daemon, with its number, key and tags', async () => {
    const own = await startDaemon();
    const its = new ShellRig(() => own);
    const shell = await its.member({ tags: ['kept'] });
    const ended = await its.member();
    await own.stop();
    await its.end(ended.pid);
    await own.start();
    expect((await own.call('list_shells')).body).toMatchObject({ total: 1, shells: [{ shell_id: shell.id, tags: ['kept'] }] });
    expect((await shell.call('tag', { tags: ['more'] })).body.tags).toEqual(['kept', 'more']);
    await own.kill();
    await own.start();
    expect((await own.call('list_shells', { tag: 'more' })).body.total).toBe(1);
    its.close();
  });

  test('there is a limit of shells and of tags', async () => {
    const own = await startDaemon({ config: '[shell]\nmax_shells = 1\n' });
    const its = new ShellRig(() => own);
    const shell = await its.member();
    expect(await refused(own.call('register', { shell_pid: its.process().pid }))).toEqual([429, 'too_many']);
    for (let at = 0; at < 64; at++) expect((await shell.call('tag', { tags: [`t${at}`] })).status).toBe(200);
    expect(await refused(shell.call('tag', { tags: ['one-more'] }))).toEqual([429, 'too_many']);
    its.close();
  });
});

describe('names', () => {
  test('tags are added, removed one by one or all, and tell of it', async () => {
    const shell = await rig.member();
    const stream = await listenTo(zd, `channel=shell:${shell.id}.*tagged`);
    expect((await shell.call('tag', { tags: ['x', 'y', 'x'] })).body.tags).toEqual(['x', 'y']);
    expect((await shell.call('untag', { tags: ['x', 'none'] })).body.tags).toEqual(['y']);
    expect((await shell.call('tag', { tags: ['z'] })).body.tags).toEqual(['y', 'z']);
    expect((await shell.call('untag', { tags: [] })).body.tags).toEqual([]);
    expect(await refused(shell.call('untag', {}))).toEqual([400, 'bad_args']);
    expect((await stream.take(4)).map(({ data }) => [data.topic, data.data.tags])).toEqual([
      ['tagged', ['x', 'y']],
      ['untagged', ['x']],
      ['tagged', ['z']],
      ['untagged', ['y', 'z']],
    ]);
    await stream.events.return(undefined);
  });

  test('a shell publishes under its own name or a tag it has, and under no other', async () => {
    const shell = await rig.member({ tags: ['build'] });
    const stream = await listenTo(zd, `channel=shell:${shell.id}.*&channel=tag:build.*`);
    expect((await shell.call('publish', { topic: 'one' })).status).toBe(200);
    expect((await shell.call('publish', { topic: 'two', scope: 'tag:build' })).status).toBe(200);
    expect(await refused(shell.call('publish', { topic: 'x', scope: 'tag:other' }))).toEqual([403, 'foreign_scope']);
    expect(await refused(shell.call('publish', { topic: 'x', scope: `shell:${shell.id + 1}` }))).toEqual([403, 'foreign_scope']);
    expect(await refused(zd.call('publish', { topic: 'x', scope: `shell:${shell.id}` }))).toEqual([403, 'foreign_scope']);
    expect((await stream.take(2)).map(({ data }) => [data.scope, data.topic, data.source])).toEqual([
      [`shell:${shell.id}`, 'one', `shell:${shell.id}`],
      ['tag:build', 'two', `shell:${shell.id}`],
    ]);
    await stream.events.return(undefined);
  });

  test('what a tagged shell publishes is found under each of its tags, live, replayed and listed', async () => {
    const shell = await rig.member({ tags: ['red', 'green'] });
    const live = await listenTo(zd, 'channel=tag:gr*.ping');
    const before = (await zd.call('publish', { topic: 'before' })).body.event_id;
    await shell.call('publish', { topic: 'ping', data: 1 });
    await shell.call('untag', { all: true });
    await shell.call('publish', { topic: 'ping', data: 2 });
    await shell.call('tag', { tags: ['green'] });
    await shell.call('publish', { topic: 'ping', data: 3 });
    expect((await live.take(2)).map(({ data }) => [data.scope, data.data])).toEqual([
      [`shell:${shell.id}`, 1],
      [`shell:${shell.id}`, 3],
    ]);
    const replayed = await listenTo(zd, 'channel=tag:green.ping', { headers: { 'last-event-id': before } });
    expect((await replayed.take(2)).map(({ data }) => data.data)).toEqual([1, 3]);
    const { events } = (await zd.call('event_list', { scope: 'tag:green', topic: 'ping' })).body;
    expect(events.map((each: any) => each.data)).toEqual([1, 3]);
    for (const each of [live, replayed]) await each.events.return(undefined);
  });

  test('a socket speaks as its shell from the registration on', async () => {
    const shell = await rig.socket();
    const stream = await listenTo(zd, `channel=*.from-socket`);
    await shell.call('publish', { topic: 'from-socket' });
    expect((await stream.next()).data.scope).toBe(`shell:${shell.id}`);
    expect(await row(shell.id)).toMatchObject({ connections: 1 });
    shell.ws.close();
    await until('the connection is gone', async () => (await row(shell.id)).connections === 0);
    await stream.events.return(undefined);
  });

  test('a shell leaves when it says so; its key means nothing then', async () => {
    const shell = await rig.member();
    expect((await shell.call('unregister')).body.removed).toBe(true);
    expect(await row(shell.id)).toBeUndefined();
    expect(await refused(shell.call('tag', { tags: ['x'] }))).toEqual([404, 'no_shell']);
    expect((await zd.call('unregister', { shell_id: shell.id })).body.removed).toBe(false);
  });

  test('another shell is nobody’s business without shell.admin', async () => {
    const own = await startDaemon({
      config: '[http.tokens]\nnarrow = { token = "narrow-token-0123456789", scopes = ["shell.write", "ask.read", "ask.write"] }\n',
    });
    const its = new ShellRig(() => own);
    const { id } = await its.member();
    const headers = { 'content-type': 'application/json', authorization: 'Bearer narrow-token-0123456789' };
    for (const [op, input] of [
      ['tag', { tags: ['x'], shell_id: id }],
      ['untag', { all: true, shell_id: id }],
      ['unregister', { shell_id: id }],
      ['take_deliveries', { shell_id: id }],
      ['ask_pending', { shell_id: id }],
      ['ask_take', { shell_id: id }],
      ['ask_dismiss', { shell_id: id, all: true }],
    ] as const) {
      const response = await own.tcp(`/op/${op}`, { method: 'POST', headers, body: JSON.stringify(input) });
      expect([op, response.status, ((await response.json()) as any).code]).toEqual([op, 403, 'scope_denied']);
    }
    its.close();
  });
});

describe('news of long commands', () => {
  test('every connection but the shell’s own hears them', async () => {
    const [runner, other] = [await rig.socket(), await rig.socket()];
    const watcher = await openSocket(zd);
    await watcher.call('register', {});
    const said = await runner.call('cmd_started', { line: 'make world', cwd: '/src' });
    expect(said.delivered_to).toBeGreaterThanOrEqual(2);
    for (const each of [other, watcher])
      expect(await each.event()).toMatchObject({ event: 'long_cmd_started', from_shell: runner.id, command: 'make world', cwd: '/src' });
    for (const [exit_code, event] of [
      [0, 'long_cmd_complete'],
      [2, 'long_cmd_failed'],
      [137, 'long_cmd_signaled'],
    ] as const) {
      await runner.call('cmd_finished', { line: 'make', exit_code, duration_ns: 31e9 });
      expect(await other.event()).toMatchObject({ event, exit_code, duration_ns: 31e9, from_shell: runner.id });
    }
    expect(runner.pending()).toBe(0);
    for (const each of [runner, other, watcher]) each.ws.close();
  });
});
