import { beforeAll, expect, test } from 'bun:test';
import { bundle, definitionCalls, event } from '../helper/definitions';
import { startDaemon, type TestDaemon } from '../helper/daemon';

let zd: TestDaemon;
beforeAll(async () => {
  zd = await startDaemon();
});
const { ok } = definitionCalls(() => zd);

/** Too many for one transaction. */
const ROWS = 3000;
const aliases = (value: string, more: object = {}) =>
  bundle(
    'zsh',
    Array.from({ length: ROWS }, (_, at) => event(at, 'alias', `n${at}`, { value: at % 2 === 0 ? 'same' : value })),
    more,
  );
const read = async () => {
  const { records } = await ok('definitions_query', { kind: 'alias', limit: 10_000 });
  return records as { name: string; value: string; shell_id: string; set_at_ns: number }[];
};

test('a large bundle counts and keeps what a small one does', async () => {
  await ok('push_canonical', { subsystem: 'service', value: { a: '1' }, shell_id: 'zsh' });
  await ok('definitions_emit', { shell_id: 'bash', kind: 'alias', name: 'n1', value: 'other' });
  expect((await ok('recorder_ingest', aliases('1'))).kinds).toMatchObject({ alias: { inserted: ROWS, updated: 0, unchanged: 0, removed: 0 } });
  const first = await read();
  const changed = await ok('recorder_ingest', aliases('2', { events: aliases('2').events.slice(0, ROWS - 10) }));
  expect(changed).toMatchObject({
    rows_written: ROWS - 10,
    kinds: { alias: { inserted: 0, updated: ROWS / 2 - 5, unchanged: ROWS / 2 - 5, removed: 10 } },
  });
  const second = await read();
  expect(second.filter(({ shell_id }) => shell_id === 'bash')).toEqual(first.filter(({ shell_id }) => shell_id === 'bash'));
  const before = new Map(first.map((each) => [each.shell_id + each.name, each]));
  for (const { name, shell_id, value, set_at_ns } of second) if (value === 'same') expect(set_at_ns).toBe(before.get(shell_id + name)!.set_at_ns);
  expect((await ok('definitions_query', { name: 'n1' })).records.map(({ shell_id }: any) => shell_id)).toEqual(['bash', 'zsh']);
  expect((await ok('pull_canonical', { subsystem: 'service', shell_id: 'zsh' })).rows).toHaveLength(1);
  const added = await ok('recorder_ingest', aliases('3', { replace: 'touched' }));
  expect(added.kinds).toMatchObject({ alias: { inserted: 10, removed: 0 } });
  expect((await ok('definitions_kinds')).shells).toMatchObject({ zsh: ROWS + 1, bash: 1 });
});

test('whoever reads meanwhile sees all of the old or all of the new, page by page by their cursors, too', async () => {
  let over = false;
  const ingest = ok('recorder_ingest', aliases('4')).finally(() => (over = true));
  const seen = new Set<string>();
  while (!over) {
    const values = new Set((await read()).filter(({ shell_id, value }) => shell_id === 'zsh' && value !== 'same').map(({ value }) => value));
    expect(values.size).toBe(1);
    for (const value of values) seen.add(value);
  }
  await ingest;
  expect(seen.has('3')).toBe(true);
  expect(new Set((await read()).map(({ value }) => value))).toEqual(new Set(['same', '4', 'other']));
  const names: string[] = [];
  for (let cursor: string | null = null, page = 0; page === 0 || cursor !== null; page++) {
    if (page === 1) await ok('recorder_ingest', aliases('5'));
    const { records, next_cursor } = await ok('definitions_query', { kind: 'alias', limit: 700, ...(cursor === null ? {} : { cursor }) });
    names.push(...records.map((each: any) => `${each.name} ${each.shell_id}`));
    cursor = next_cursor;
  }
  expect(names).toEqual([...new Set(names)]);
  expect(names).toHaveLength(ROWS + 1);
});

test('what others write to the same shell meanwhile is not lost', async () => {
  let over = false;
  const ingest = ok('recorder_ingest', aliases('6', { replace: 'touched' })).finally(() => (over = true));
  const emitted: string[] = [];
  while (!over) {
    const name = `d${emitted.length}`;
    await ok('definitions_emit', { shell_id: 'zsh', kind: 'named_dir', name, value: '/tmp' });
    emitted.push(name);
  }
  await ingest;
  const { records, total } = await ok('definitions_query', { kind: 'named_dir', shell_id: 'zsh', limit: 10_000 });
  expect(records.map(({ name }: any) => name).toSorted()).toEqual(emitted.toSorted());
  expect(total ?? emitted.length).toBe(emitted.length);
  expect((await read()).filter(({ value }) => value === '6')).toHaveLength(ROWS / 2);
});
