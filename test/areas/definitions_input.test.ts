import { beforeAll, describe, expect, test } from 'bun:test';
import { startDaemon, type TestDaemon } from '../helper/daemon';
import { bundle, definitionCalls, event } from '../helper/definitions';
import { openSocket } from '../helper/socket';

let daemon: TestDaemon;
beforeAll(async () => {
  daemon = await startDaemon({ config: '[definitions]\nmax_records = 60000\nmax_value_bytes = 65536\n' });
});
const { ok, refused, query, shell, ingest, names } = definitionCalls(() => daemon);
const emit = (shell_id: string, kind: string, name: string, more: object = {}) => ok('definitions_emit', { shell_id, kind, name, ...more });

describe('what cannot be meant', () => {
  test('is refused with its place', async () => {
    const good = { shell_id: 'zsh', kind: 'alias', name: 'x' };
    const bad: [string, object, string][] = [
      ['definitions_emit', { ...good, shell_id: '' }, '/shell_id'],
      ['definitions_emit', { ...good, shell_id: 'Zsh' }, '/shell_id'],
      ['definitions_emit', { ...good, shell_id: '-zsh' }, '/shell_id'],
      ['definitions_emit', { ...good, shell_id: 'x'.repeat(33) }, '/shell_id'],
      ['definitions_emit', { ...good, shell_id: 'a\u001fb' }, '/shell_id'],
      ['definitions_emit', { kind: 'alias', name: 'x' }, '/shell_id'],
      ['definitions_emit', { shell_id: 'zsh', name: 'x' }, '/kind'],
      ['definitions_emit', { ...good, name: '' }, '/name'],
      ['definitions_emit', { ...good, name: 'a\0b' }, '/name'],
      ['definitions_emit', { ...good, name: '\ud800' }, '/name'],
      ['definitions_emit', { ...good, value: 5 }, '/value'],
      ['definitions_emit', { ...good, value: '\udfff' }, '/value'],
      ['definitions_emit', { ...good, line: -1 }, '/line'],
      ['definitions_emit', { ...good, line: 2 ** 32 }, '/line'],
      ['definitions_emit', { ...good, fn_chain: '' }, '/fn_chain'],
      ['definitions_emit', { ...good, value_array: ['\ud800'] }, '/value_array'],
      ['definitions_emit', { ...good, unknown: 1 }, '/unknown'],
      ['definitions_query', { limit: 0 }, '/limit'],
      ['definitions_query', { cursor: 'nonsense' }, '/cursor'],
      ['definitions_diff', { shell_a: 'zsh' }, '/shell_b'],
      ['recorder_ingest', { ...bundle('zsh', []), started_at_ns: '1' }, '/started_at_ns'],
      ['recorder_ingest', bundle('zsh', [event(0, 'alias', 'x', { fn_chain: '' })]), '/events/0/fn_chain'],
      ['recorder_ingest', bundle('zsh', [event(0, 'alias', 'x', { shell_id: 'NO' })]), '/events/0/shell_id'],
      ['recorder_ingest', bundle('zsh', [event(0, 'alias', 'x', { value: '\ud800' })]), '/events/0/value'],
      ['recorder_ingest', bundle('zsh', [event(3, 'alias', 'x'), event(3, 'alias', 'y')]), '/events/1/order_idx'],
      ['recorder_ingest', bundle('zsh', [], { end_state: { aliases: 5 } }), '/end_state'],
    ];
    const before = await ok('definitions_kinds');
    for (const [op, input, path] of bad) expect([op, path, ...(await refused(op, input))]).toEqual([op, path, 400, 'bad_args', path]);
    expect(await ok('definitions_kinds')).toEqual(before);
  });

  test('a bundle with a member twice is refused, and unknown members pass', async () => {
    const id = shell();
    const send = async (body: string) => {
      const response = await daemon.fetch('/op/recorder_ingest', { method: 'POST', headers: { 'content-type': 'application/json' }, body });
      return [response.status, ((await response.json()) as any).msg];
    };
    const one = '{"order_idx":0,"ts_ns":1,"kind":"alias","name":"x","value":"a:{b","name":"y"}';
    const twice = await send(`{"shell_id":"${id}","started_at_ns":1,"finished_at_ns":2,"events":[${one}]}`);
    expect(twice).toEqual([400, 'The body has the member "name" twice in one object.']);
    expect((await send(`{"shell_id":"${id}","started_at_ns":1,"started_\\u0061t_ns":1,"finished_at_ns":2,"events":[]}`))[0]).toBe(400);
    expect(await query({ shell_id: id })).toEqual([]);
    await ingest(id, [event(0, 'alias', 'x', { future: { a: [1] } })], { later: true });
    const socket = await openSocket(daemon);
    const text = `{"id":1,"op":"recorder_ingest","args":{"shell_id":"${id}","shell_id":"${id}","started_at_ns":1,"finished_at_ns":2,"events":[]}}`;
    expect(await socket.reply(1, text)).toMatchObject({ ok: false, err: { code: 'bad_json' } });
    socket.ws.close();
    expect((await query({ shell_id: id })).length).toBe(1);
  });

  test('a value or a catalogue over the limit leaves everything as it was', async () => {
    const id = shell();
    await ingest(id, [event(0, 'alias', 'x', { value: 'x'.repeat(65_536) })]);
    const large = 'é'.repeat(40_000);
    expect(await refused('definitions_emit', { shell_id: id, kind: 'alias', name: 'x', value: large })).toEqual([413, 'too_large', '/value']);
    const events = [event(0, 'alias', 'a'), event(1, 'alias', 'x', { value: large })];
    expect(await refused('recorder_ingest', bundle(id, events))).toEqual([413, 'too_large', '/events/1/value']);
    const many = Array.from({ length: 60_001 }, (_, at) => event(at, 'alias', `n${at}`));
    expect((await refused('recorder_ingest', bundle(id, many))).slice(0, 2)).toEqual([413, 'quota_exceeded']);
    await ingest(id, many.slice(0, 59_000));
    const rows = Object.fromEntries(Array.from({ length: 1000 }, (_, at) => [`k${at}`, 'v']));
    expect((await refused('push_canonical', { subsystem: 'alias', value: rows, shell_id: shell() })).slice(0, 2)).toEqual([413, 'quota_exceeded']);
    const left = 60_000 - Object.values((await ok('definitions_kinds')).rows as Record<string, number>).reduce((sum, each) => sum + each, 0);
    await ingest(shell(), many.slice(0, left));
    expect((await refused('definitions_emit', { shell_id: shell(), kind: 'alias', name: 'one' })).slice(0, 2)).toEqual([413, 'quota_exceeded']);
    // Of two in one turn only the one that is too much is refused.
    const socket = await openSocket(daemon);
    const known = { shell_id: id, kind: 'alias', name: 'n1', value: 'changed' };
    const both = [known, { ...known, name: 'further' }].map((each) => socket.call('definitions_emit', each));
    expect((await Promise.all(both)).map((each) => each.err?.code ?? each.wrote_rows)).toEqual([1, 'quota_exceeded']);
    expect(await names({ shell_id: id, name: 'n1' })).toEqual([['alias', 'n1', 'changed']]);
    socket.ws.close();
    await ingest(id, [event(0, 'alias', 'x', { value: 'small' })]);
    expect(await names({ shell_id: id })).toEqual([['alias', 'x', 'small']]);
  }, 180_000);
});

test('names of every control character, quotes and any script come back as they went, also after a restart', async () => {
  const id = shell();
  const odd = Array.from({ length: 31 }, (_, at) => String.fromCharCode(at + 1));
  const all = [...odd, '\x7f', '\u0085', "'", '"', '`', '$(x)', '\\', 'a\nb', 'ünï ☃ 🐚', '__proto__', 'constructor', '-n', ' '];
  await ingest(
    id,
    all.map((name, at) => event(at, 'alias', name, { value: name, file: `/f${at}`, line: at })),
  );
  const before = await query({ shell_id: id });
  expect(before.map(({ name }) => name).toSorted()).toEqual(all.toSorted());
  for (const name of all) expect(await names({ shell_id: id, name })).toEqual([['alias', name, name]]);
  await emit(id, 'alias', 'emitted', { value: 'v', file: '/rc', line: 9 });
  const whole = await query({ shell_id: id });
  await daemon.stop();
  await daemon.start();
  expect(await query({ shell_id: id })).toEqual(whole);
});
