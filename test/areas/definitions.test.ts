import { beforeAll, describe, expect, test } from 'bun:test';
import { startDaemon, type TestDaemon } from '../helper/daemon';
import { bundle, definitionCalls, event, NOW } from '../helper/definitions';

let daemon: TestDaemon;
beforeAll(async () => {
  daemon = await startDaemon();
});

const { ok, refused, query, shell, ingest, names } = definitionCalls(() => daemon);

describe('a bundle', () => {
  test('without a required field is refused with the place of what is missing', async () => {
    const whole: Record<string, unknown> = bundle(shell(), [event(0, 'alias', 'x')]);
    for (const field of ['started_at_ns', 'finished_at_ns', 'events']) {
      const { [field]: _, ...rest } = whole;
      expect(await refused('recorder_ingest', rest)).toEqual([400, 'bad_args', `/${field}`]);
    }
    for (const field of ['order_idx', 'ts_ns', 'kind', 'name']) {
      const { [field]: _, ...rest } = event(0, 'alias', 'x') as Record<string, unknown>;
      expect(await refused('recorder_ingest', { ...whole, events: [rest] })).toEqual([400, 'bad_args', `/events/0/${field}`]);
    }
  });

  test('with an event of every kind lands where the mapping says', async () => {
    const id = shell();
    const kinds =
      'alias galias salias function assign typeset export path_mod hash_d zstyle bindkey compdef zmodload setopt unsetopt trap sched source zle completion';
    const events = kinds.split(' ').map((kind, at) => event(at, kind, `n_${kind}`, { value: `v_${kind}` }));
    events.push(event(50, 'alias -g', 'ag', { value: '1' }), event(51, 'alias -s', 'as', { value: '2' }), event(52, 'hash -d', 'hd', { value: '3' }));
    events.push(
      event(53, 'path_mod', '/f', { value: 'fpath' }),
      event(54, 'path_mod', '/m', { value: 'manpath' }),
      event(55, 'env', 'E', { value: '4' }),
    );
    events.push(event(56, 'function_autoload', 'fa'), event(57, 'nonsense', 'n'), event(58, 'nonsense', 'm'));
    const reply = await ingest(id, events);
    expect(reply).toMatchObject({ events_ingested: events.length, shell_id: id, unknown_kinds: { nonsense: 2 }, shard_path: '' });
    const typed = (name: string) => JSON.stringify({ attrs: 0, value: `v_${name}`, value_array: null, value_assoc: null });
    expect(await names({ shell_id: id })).toEqual([
      ['alias', 'n_alias', 'v_alias'],
      ['galias', 'ag', '1'],
      ['galias', 'n_galias', 'v_galias'],
      ['salias', 'as', '2'],
      ['salias', 'n_salias', 'v_salias'],
      ['function', 'n_function', 'v_function'],
      ['function_autoload', 'fa', ''],
      ['env', 'E', '4'],
      ['env', 'n_export', 'v_export'],
      ['params', 'n_assign', 'v_assign'],
      ['params', 'n_typeset', 'v_typeset'],
      ['params_typed', 'n_assign', typed('assign')],
      ['params_typed', 'n_typeset', typed('typeset')],
      ['bindkey', 'n_bindkey', 'v_bindkey'],
      ['compdef', 'n_compdef', 'v_compdef'],
      ['named_dir', 'hd', '3'],
      ['named_dir', 'n_hash_d', 'v_hash_d'],
      ['zstyle', '0:n_zstyle', 'v_zstyle'],
      ['zmodload', 'n_zmodload', 'v_zmodload'],
      ['setopt', 'n_setopt', 'on'],
      ['setopt', 'n_unsetopt', 'off'],
      ['trap', 'n_trap', 'v_trap'],
      ['sched', 'n_sched', 'v_sched'],
      ['source', '0', 'n_source'],
      ['zle', 'n_zle', 'v_zle'],
      ['completion', 'n_completion', 'v_completion'],
      ['path', '0', 'n_path_mod'],
      ['fpath', '0', '/f'],
      ['manpath', '0', '/m'],
    ]);
  });

  test('takes effect in the order of order_idx, whatever the order of its events', async () => {
    const id = shell();
    const events = [
      event(5, 'setopt', 'x'),
      event(0, 'setopt', 'x'),
      event(3, 'unsetopt', 'x'),
      event(1, 'alias', 'a', { value: '1' }),
      event(2, 'unalias', 'a'),
      event(4, 'export', 'E', { value: '1' }),
      event(6, 'unset', 'E'),
      event(8, 'alias', 'b', { value: 'late' }),
      event(7, 'alias', 'b', { value: 'early' }),
    ];
    await ingest(id, events);
    expect(await names({ shell_id: id })).toEqual([
      ['alias', 'b', 'late'],
      ['setopt', 'x', 'on'],
    ]);
  });

  test('is all there is of its shell, and leaves the others; touched leaves kinds it does not speak of', async () => {
    const [a, b] = [shell(), shell()];
    await ingest(a, [event(0, 'alias', 'x', { value: '1' }), event(1, 'alias', 'y'), event(2, 'function', 'f')]);
    await ingest(b, [event(0, 'alias', 'x', { value: '2' })]);
    expect((await query({ name: 'x' })).filter((each) => [a, b].includes(each.shell_id)).map(({ value }) => value)).toEqual(['1', '2']);
    expect(await ok('definitions_diff', { shell_a: a, shell_b: b })).toMatchObject({ changed: [{ kind: 'alias', name: 'x', from: '1', to: '2' }] });
    const touched = await ingest(a, [event(0, 'alias', 'x', { value: '1' })], { replace: 'touched' });
    expect(touched.kinds).toEqual({ alias: { inserted: 0, updated: 0, unchanged: 1, removed: 1 } });
    expect(await names({ shell_id: a })).toEqual([
      ['alias', 'x', '1'],
      ['function', 'f', ''],
    ]);
    const all = await ingest(a, [event(0, 'alias', 'x', { value: 'new' })]);
    expect(all.kinds).toEqual({
      alias: { inserted: 0, updated: 1, unchanged: 0, removed: 0 },
      function: { inserted: 0, updated: 0, unchanged: 0, removed: 1 },
    });
    expect(await names({ shell_id: b })).toEqual([['alias', 'x', '2']]);
  });

  test('keeps every field, the chain of definitions and the shell an event names', async () => {
    const [id, other] = [shell(), shell()];
    const place = { file: '/rc', line: 7, fn_chain: 'init > plugin' };
    await ingest(id, [
      event(0, 'alias', 'x', { value: 'one', file: '/a', line: 1 }),
      event(1, 'alias', 'x', { value: 'two' }),
      event(2, 'alias', 'x', { value: 'three', ...place }),
      event(3, 'typeset', 'arr', { value_array: ['a', 'b'], attrs: 0x10, ...place }),
      event(4, 'typeset', 'map', { value_assoc: [['k', 'v']], attrs: 0x8 | 0x8000 }),
      event(5, 'alias', 'elsewhere', { value: 'v', shell_id: other }),
    ]);
    const [x] = await query({ shell_id: id, name: 'x' });
    expect(x).toMatchObject({ ...place, value: 'three', order_idx: 2, ts_ns: NOW + 2048, set_by_shell: null });
    expect(x.history).toEqual([
      { value: 'one', file: '/a', line: 1, fn_chain: null },
      { value: 'two', file: null, line: null, fn_chain: null },
      { value: 'three', ...place },
    ]);
    expect(await query({ shell_id: id, name: 'arr', kind: 'params' })).toMatchObject([{ value_array: ['a', 'b'], attrs: 0x10, ...place }]);
    expect(await query({ shell_id: id, name: 'map', kind: 'params' })).toMatchObject([{ value_assoc: [['k', 'v']], attrs: 0x8008 }]);
    expect(await names({ shell_id: other })).toEqual([['alias', 'elsewhere', 'v']]);
    await ingest(id, []);
    expect([await names({ shell_id: id }), (await names({ shell_id: other })).length]).toEqual([[], 1]);
  });

  test('an event of another shell removes only what it names there', async () => {
    const [id, other] = [shell(), shell()];
    await ingest(other, [event(0, 'alias', 'a'), event(1, 'alias', 'b')]);
    await ingest(id, [event(0, 'unalias', 'a', { shell_id: other })]);
    expect(await names({ shell_id: other })).toEqual([['alias', 'b', '']]);
  });

  test('withholds what its recorder withheld, and with redact what looks like a secret', async () => {
    const id = shell();
    const events = [
      event(0, 'export', 'GITHUB_TOKEN', { value: 'abc', file: '/rc', line: 3 }),
      event(1, 'alias', 'deploy', { value: 'PASSWORD=x ./deploy' }),
      event(2, 'function', 'f', { value: 'echo hi', file: '/home/me/.env' }),
      event(3, 'alias', 'fine', { value: 'tokenizer --run' }),
      event(4, 'typeset', 'conf', { value_assoc: [['api_key', 'x']] }),
      event(5, 'alias', 'hidden', { value: null, attrs: 0x800, file: '/rc', line: 9 }),
    ];
    expect((await ingest(id, events, { redact: true })).redacted).toBe(4);
    expect(await names({ shell_id: id })).toEqual([
      ['alias', 'deploy', null],
      ['alias', 'fine', 'tokenizer --run'],
      ['alias', 'hidden', null],
      ['function', 'f', null],
      ['env', 'GITHUB_TOKEN', null],
      ['params', 'conf', null],
      ['params_typed', 'conf', null],
    ]);
    expect(await query({ shell_id: id, kind: 'env' })).toMatchObject([{ file: '/rc', line: 3, attrs: 0x800 }]);
    expect((await ingest(id, events)).redacted).toBe(0);
  });

  test('a table of its end state has the last word, and keeps where the same was defined', async () => {
    const id = shell();
    const events = [
      event(0, 'alias', 'kept', { value: '1', file: '/rc', line: 4 }),
      event(1, 'alias', 'gone'),
      event(2, 'zstyle', ':a', { value: 's' }),
    ];
    const params = [
      { name: 'HOME', kind: 'scalar', export: true, value: '/h' },
      { name: 'arr', kind: 'array', elements: ['a', 'b'] },
      { name: 'map', kind: 'association', elements: [['k', 'v']] },
    ];
    await ingest(id, events, { end_state: { aliases: { kept: '1', added: '2' }, setopts: ['a'], unsetopts: ['b'], params, autoload_paths: ['/f'] } });
    const got = await query({ shell_id: id });
    expect(got.filter(({ kind }) => kind !== 'params_typed').map(({ kind, name, value }) => [kind, name, value])).toEqual([
      ['alias', 'added', '2'],
      ['alias', 'kept', '1'],
      ['env', 'HOME', '/h'],
      ['params', 'HOME', '/h'],
      ['params', 'arr', ''],
      ['params', 'map', ''],
      ['zstyle', '0::a', 's'],
      ['setopt', 'a', 'on'],
      ['setopt', 'b', 'off'],
      ['fpath', '0', '/f'],
    ]);
    expect(got.find(({ name }) => name === 'kept')).toMatchObject({ file: '/rc', line: 4 });
    expect(got.find(({ kind, name }) => kind === 'params' && name === 'map')).toMatchObject({ value_assoc: [['k', 'v']], attrs: 8 });
  });
});
