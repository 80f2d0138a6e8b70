import { beforeAll, describe, expect, test } from 'bun:test';
import { readEvents } from '../../src/kernel/event_stream';
import { startDaemon, type TestDaemon } from '../helper/daemon';
import { definitionCalls, event } from '../helper/definitions';
import { openSocket } from '../helper/socket';

let daemon: TestDaemon;
beforeAll(async () => {
  daemon = await startDaemon({ config: '[definitions]\nmax_value_bytes = 65536\n' });
});
const { ok, refused, query, shell, ingest, names } = definitionCalls(() => daemon);
const emit = (shell_id: string, kind: string, name: string, more: object = {}) => ok('definitions_emit', { shell_id, kind, name, ...more });

describe('a single record', () => {
  test('is stored with every field, in the words of either vocabulary, and is the same one the second time', async () => {
    const id = shell();
    const place = { file: '/rc', line: 4, fn_chain: 'a > b' };
    expect(await emit(id, 'alias', 'x', { value: '1', attrs: 3, value_array: ['q'], value_assoc: [['k', 'v']], ...place })).toMatchObject({
      ...{ kind: 'alias', name: 'x', shell_id: id, wrote_rows: 1, ...place },
    });
    expect((await emit(id, 'export', 'E', { value: '1' })).kind).toBe('env');
    expect((await emit(id, 'typeset', 'T', { value: 'v' })).wrote_rows).toBe(2);
    await emit(id, 'unsetopt', 'o');
    await emit(id, 'hash -d', 'd', { value: '/d' });
    const [x] = await query({ shell_id: id, name: 'x' });
    expect(x).toMatchObject({ ...place, value: '1', attrs: 3, value_array: ['q'], value_assoc: [['k', 'v']], history: [] });
    await emit(id, 'alias', 'x', { value: '1', attrs: 3, value_array: ['q'], value_assoc: [['k', 'v']], ...place });
    expect(await query({ shell_id: id, name: 'x' })).toEqual([{ ...x, set_at_ns: expect.any(Number) }]);
    expect((await names({ shell_id: id })).map(([kind, name, value]) => `${kind} ${name} ${value}`)).toEqual([
      'alias x 1',
      'env E 1',
      'params T v',
      'params_typed T {"attrs":0,"value":"v","value_array":null,"value_assoc":null}',
      'named_dir d /d',
      'setopt o off',
    ]);
    expect(await emit(id, 'unalias', 'x')).toMatchObject({ wrote_rows: 0, removed_rows: 1 });
    expect(await emit(id, 'unset', 'T')).toMatchObject({ removed_rows: 2 });
    expect((await query({ shell_id: id })).length).toBe(3);
  });

  test('of a list goes to its end once', async () => {
    const id = shell();
    for (const folder of ['/b', '/a', '/b']) await emit(id, 'path', folder);
    for (let at = 0; at < 12; at++) await emit(id, 'zstyle', `:s${at}`, { value: 'v' });
    await emit(id, 'zstyle', ':s1', { value: 'v' });
    expect(await names({ shell_id: id, kind: 'path' })).toEqual([
      ['path', '0', '/b'],
      ['path', '1', '/a'],
    ]);
    expect((await names({ shell_id: id, kind: 'zstyle' })).map(([, name]) => name)).toEqual(Array.from({ length: 12 }, (_, at) => `${at}::s${at}`));
  });

  test('withholds a secret when told to', async () => {
    const id = shell();
    expect(await emit(id, 'env', 'DB_PASSWORD', { value: 'x', redact: true })).toMatchObject({ redacted: true });
    expect(await emit(id, 'env', 'EDITOR', { value: 'vi', redact: true })).toMatchObject({ redacted: false });
    expect(await names({ shell_id: id })).toEqual([
      ['env', 'DB_PASSWORD', null],
      ['env', 'EDITOR', 'vi'],
    ]);
  });
});

describe('finding', () => {
  test('by kind, name, prefix, glob, file, text and time, in pages that miss nothing', async () => {
    const id = shell();
    const events = Array.from({ length: 25 }, (_, at) => event(at, 'alias', `n${at}`, { value: `value ${at}`, file: at < 5 ? '/a' : '/b' }));
    await ingest(id, [...events, event(100, 'function', 'n1', { value: 'body' })]);
    const found = async (filter: object) => (await query({ shell_id: id, ...filter })).map(({ name }) => name);
    expect(await found({ name: 'n1' })).toEqual(['n1', 'n1']);
    expect(await found({ name: 'n1', kind: 'function' })).toEqual(['n1']);
    expect(await found({ prefix: 'n2', kind: 'alias' })).toEqual(['n2', 'n20', 'n21', 'n22', 'n23', 'n24']);
    expect(await found({ glob: '*4' })).toEqual(['n14', 'n24', 'n4']);
    expect(await found({ glob: 'n[12]?' })).toHaveLength(15);
    expect(await found({ file: '/a' })).toHaveLength(5);
    expect(await found({ contains: 'ue 7' })).toEqual(['n7']);
    const { set_at_ns } = (await query({ shell_id: id, name: 'n1' }))[0];
    expect(await found({ since_ns: set_at_ns })).toHaveLength(26);
    expect(await found({ since_ns: set_at_ns + 3_600_000_000_000 })).toEqual([]);
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await ok('definitions_query', { shell_id: id, limit: 4, ...(cursor ? { cursor } : {}) });
      expect([page.count, page.limit, page.total]).toEqual([page.records.length, 4, cursor ? null : 26]);
      seen.push(...page.records.map((each: any) => each.name));
      cursor = page.next_cursor ?? undefined;
      expect(page.truncated).toBe(cursor !== undefined);
    } while (cursor);
    expect(seen).toHaveLength(26);
    const filters = { kind: null, name: 'n1', prefix: null, shell_id: id, glob: null, file: null, contains: null, since_ns: null };
    expect((await ok('definitions_query', { shell_id: id, name: 'n1' })).filters).toEqual(filters);
  });

  test('a kind nobody knows is 404 everywhere', async () => {
    expect(await refused('definitions_query', { kind: 'nope' })).toEqual([404, 'no_such_kind', '/kind']);
    expect(await refused('definitions_query', { kind: 'service' })).toEqual([404, 'no_such_kind', '/kind']);
    expect(await refused('definitions_emit', { shell_id: 'zsh', kind: 'nope', name: 'x' })).toEqual([404, 'no_such_kind', '/kind']);
    expect(await refused('definitions_diff', { shell_a: 'a', shell_b: 'b', kind: 'constructor' })).toEqual([404, 'no_such_kind', '/kind']);
  });

  test('kinds are told with their numbers', async () => {
    const id = shell();
    await emit(id, 'trap', 'EXIT', { value: 'bye' });
    const { kinds, all_known, rows, shells } = await ok('definitions_kinds');
    expect([all_known.length, kinds.includes('trap'), shells[id]]).toEqual([22, true, 1]);
    expect(rows.trap).toBeGreaterThan(0);
  });

  test('two shells are compared in order, with their places when asked', async () => {
    const [a, b] = [shell(), shell()];
    await ingest(a, [
      event(0, 'alias', 'same', { value: '1', line: 1 }),
      event(1, 'alias', 'z'),
      event(2, 'alias', 'm'),
      event(3, 'env', 'E', { value: '1' }),
    ]);
    await ingest(b, [event(0, 'alias', 'same', { value: '1', line: 2 }), event(1, 'function', 'f'), event(2, 'env', 'E', { value: '2' })]);
    const diff = await ok('definitions_diff', { shell_a: a, shell_b: b });
    expect(diff.removed.map(({ name }: any) => name)).toEqual(['m', 'z']);
    expect(diff).toMatchObject({ added: [{ kind: 'function', name: 'f', value: '' }], changed: [{ name: 'E', from: '1', to: '2' }] });
    expect(diff).toMatchObject({ summary: { added: 1, removed: 2, changed: 1 }, unknown_shells: [] });
    expect((await ok('definitions_diff', { shell_a: a, shell_b: b, attribution: true })).summary.changed).toBe(2);
    const cut = await ok('definitions_diff', { shell_a: a, shell_b: 'nobody', limit: 1 });
    expect([cut.removed.length, cut.truncated, cut.summary.removed, cut.unknown_shells]).toEqual([1, true, 4, ['nobody']]);
  });
});

describe('the canonical operations', () => {
  test('an object adds, an array replaces in its order, anything else is one row', async () => {
    const shell_id = shell();
    const push = (subsystem: string, value: unknown) => ok('push_canonical', { subsystem, value, shell_id });
    const pull = async (subsystem: string) =>
      (await ok('pull_canonical', { subsystem, shell_id })).rows.map(({ key, value }: any) => [key, JSON.parse(value)]);
    expect(await push('alias', { a: '1', b: '2' })).toMatchObject({ promoted: 2, row_count: 2, delta_walked_dirs: 0 });
    expect(await push('alias', { b: '3', c: { deep: [1] } })).toMatchObject({ promoted: 2, row_count: 3 });
    expect(await pull('alias')).toEqual([
      ['a', '1'],
      ['b', '3'],
      ['c', { deep: [1] }],
    ]);
    const folders = Array.from({ length: 12 }, (_, at) => `/f${at}`);
    expect(await push('fpath', folders)).toMatchObject({ row_count: 12, delta_walked_dirs: 12 });
    expect((await pull('fpath')).map(([, value]: any) => value)).toEqual(folders);
    expect(await push('fpath', ['/f3', '/new'])).toMatchObject({ row_count: 2, delta_walked_dirs: 1 });
    expect(await pull('fpath')).toEqual([
      ['0', '/f3'],
      ['1', '/new'],
    ]);
    await push('zcompdump_raw', 'raw text');
    expect(await pull('zcompdump_raw')).toEqual([['', 'raw text']]);
    await push('compdef', [
      ['git', '_git'],
      ['ls', '_ls'],
    ]);
    expect(await ok('keys', { shell_id })).toMatchObject({ param: 'compdef', keys: ['git', 'ls'], count: 2 });
    expect(await ok('keys', { param: '_comps', shell_id })).toMatchObject({ keys: ['git', 'ls'] });
    expect(await ok('diff_canonical', { subsystem: 'compdef', shell_id, overlay: { git: '_mygit', new: 1 } })).toMatchObject({
      ...{ only_overlay: [['new', '1']], only_canonical: [['ls', '"_ls"']], conflicts: [{ key: 'git', overlay: '"_mygit"', canonical: '"_git"' }] },
    });
    const first = await ok('pull_canonical', { subsystem: 'compdef', shell_id, limit: 1 });
    expect([first.count, first.truncated]).toEqual([1, true]);
    expect((await ok('pull_canonical', { subsystem: 'compdef', shell_id, cursor: first.next_cursor })).rows[0].key).toBe('ls');
  });

  test('without a shell the rows are those of zshrs', async () => {
    await ok('push_canonical', { subsystem: 'path', value: ['/usr', '/'] });
    expect(await names({ shell_id: 'zshrs', kind: 'path' })).toEqual([
      ['path', '0', '/usr'],
      ['path', '1', '/'],
    ]);
  });

  test('refuse what they cannot hold, and store nothing of it', async () => {
    const shell_id = shell();
    const push = (subsystem: string, value: unknown) => refused('push_canonical', { subsystem, value, shell_id });
    for (const op of ['push_canonical', 'pull_canonical', 'diff_canonical']) {
      const input = op === 'push_canonical' ? { subsystem: 'trap', value: 'x' } : { subsystem: 'trap' };
      expect((await refused(op, input)).slice(0, 2)).toEqual([400, 'bad_subsystem']);
    }
    expect((await refused('keys', { param: 'nope' })).slice(0, 2)).toEqual([400, 'bad_subsystem']);
    for (const value of [null, '', [], {}]) expect(await push('alias', value)).toEqual([400, 'bad_value', '/value']);
    expect(await push('fpath', [1])).toEqual([400, 'bad_value', '/value']);
    const twice = [
      ['a', '1'],
      ['a', '2'],
    ];
    expect(await push('alias', twice)).toEqual([400, 'duplicate_key', '/value']);
    expect(await push('manpath', ['/a', ''])).toEqual([400, 'empty_dir', '/value']);
    expect(await push('path', ['/usr', '/usr'])).toEqual([400, 'duplicate_dir', '/value']);
    expect(await push('path', ['/usr', '/no/such/folder'])).toEqual([404, 'no_such_dir', '/value']);
    expect(await push('alias', { ok: '1', large: 'x'.repeat(70_000) })).toEqual([413, 'too_large', '/value/value']);
    expect(await query({ shell_id })).toEqual([]);
    const same = await daemon.fetch('/op/push_canonical', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"subsystem":"alias","value":{"a":"1","a":"2"}}',
    });
    expect([same.status, ((await same.json()) as any).code]).toEqual([400, 'bad_json']);
  });
});

describe('changes are told', () => {
  test('on the stream: bundles, single records in one event per turn and shell, and pushes, each with its shell', async () => {
    const response = await daemon.fetch('/stream/definitions');
    const events = readEvents(response.body as unknown as AsyncIterable<Uint8Array>);
    const next = async () => {
      const { value } = await events.next();
      return [value!.event, JSON.parse(value!.data)];
    };
    const [a, b] = [shell(), shell()];
    const reply = await ingest(a, []);
    const { ok: _, ...told } = reply;
    expect(await next()).toEqual(['defs', { change: 'ingest', ...told }]);
    const socket = await openSocket(daemon);
    await Promise.all([
      socket.call('definitions_emit', { shell_id: a, kind: 'alias', name: 'x', value: 'v', file: '/rc', line: 1 }),
      socket.call('definitions_emit', { shell_id: b, kind: 'alias', name: 'y' }),
    ]);
    const record = { kind: 'alias', name: 'x', file: '/rc', line: 1 };
    expect(await next()).toEqual(['defs', expect.objectContaining({ change: 'emit', shell_id: a, records: [record], rows_written: 1 })]);
    expect(await next()).toEqual(['defs', expect.objectContaining({ change: 'emit', shell_id: b })]);
    await ok('push_canonical', { subsystem: 'alias', value: { z: '1' }, shell_id: b });
    expect(await next()).toEqual(['defs', expect.objectContaining({ change: 'push', shell_id: b, subsystem: 'alias', row_count: 2 })]);
    socket.ws.close();
    await events.return(undefined);
  });

  test('to a socket that asked for it, until it asks for silence', async () => {
    const [socket, id] = [await openSocket(daemon), shell()];
    expect(await socket.call('definitions_subscribe')).toMatchObject({ ok: true, subscribed: true, was_subscribed: false });
    expect(await socket.call('definitions_subscribe')).toMatchObject({ subscribed: true, was_subscribed: true });
    await ingest(id, [event(0, 'alias', 'x')]);
    expect(await socket.event()).toMatchObject({ event: 'recorder_ingested', shell_id: id, events_ingested: 1, rows_written: 1 });
    expect(await socket.call('definitions_unsubscribe')).toMatchObject({ subscribed: false, was_subscribed: true });
    expect(await socket.call('definitions_unsubscribe')).toMatchObject({ subscribed: false, was_subscribed: false });
    await ingest(id, []);
    await socket.call('definitions_subscribe');
    await emit(id, 'alias', 'later');
    expect(await socket.event()).toMatchObject({ event: 'definitions_emitted', shell_id: id });
    socket.ws.close();
    for (const op of ['definitions_subscribe', 'definitions_unsubscribe']) expect((await refused(op, {})).slice(0, 2)).toEqual([404, 'no_session']);
  });
});
