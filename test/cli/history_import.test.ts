import { Database } from 'bun:sqlite';
import { beforeAll, expect, test } from 'bun:test';
import fc from 'fast-check';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileLines } from '../../src/areas/history/file_lines';
import { unmetafy } from '../../src/areas/history/from_zsh';
import { runZd, startDaemon, type TestDaemon } from '../helper/daemon';

let daemon: TestDaemon;
beforeAll(async () => {
  daemon = await startDaemon();
});

const file = (name: string, content: string | Uint8Array): string => {
  const path = join(daemon.home, name);
  writeFileSync(path, content);
  return path;
};
const run = (...args: string[]) => daemon.zd('history', 'import', ...args);
const imported = async (...args: string[]) => JSON.parse((await run(...args, '--json')).stdout);
const rows = async (input: object): Promise<{ line: string; ts_ns: number; [more: string]: unknown }[]> =>
  (await daemon.call('history_query', { descending: false, limit: 10_000, ...input })).body.rows;

/** As zsh writes what it may not write as it is (Src/utils.c, metafy): NUL, and 0x83 to 0xa2. */
function metafy(bytes: Uint8Array): Buffer {
  return Buffer.from([...bytes].flatMap((byte) => (byte === 0 || (byte >= 0x83 && byte <= 0xa2) ? [0x83, byte ^ 32] : [byte])));
}

test('zsh: extended and plain lines, lines that go on, metafied bytes; again it finds nothing new', async () => {
  const text = metafy(
    Buffer.from(
      ': 1600000001:3;git pull\n: 1600000002:0;for i in 1 2; do\\\n  echo "zsh ünïcödé 漢字"\\\ndone\n: 1600000003:0;printf a\\\\\\ \nplain zshline\n\n: 1600000004:0;\n: 1600000005:0;last zsh',
    ),
  );
  const path = file('.zsh_history', text);
  expect(await imported('zsh')).toEqual({
    ...{ ok: true, imported: 5, skipped: 0, duplicates: 0, ignored: 0, redacted: 0, total_parsed: 5 },
    ...{ from: path, format: 'zsh', bytes_in: text.length },
  });
  expect(await imported('zsh', path)).toMatchObject({ imported: 0, duplicates: 5 });
  const found = await rows({ before_ns: 1_600_000_006e9, after_ns: 1_600_000_000e9 });
  expect(found.map(({ line, ts_ns, duration_ns }) => [line, ts_ns, duration_ns])).toEqual([
    ['git pull', 1_600_000_001e9, 3e9],
    ['for i in 1 2; do\n  echo "zsh ünïcödé 漢字"\ndone', 1_600_000_002e9, null],
    ['printf a\\\\\\', 1_600_000_003e9, null],
    ['plain zshline', 1_600_000_003e9 + 1e6, null],
    ['last zsh', 1_600_000_005e9, null],
  ]);
});

test('zsh: unmetafy undoes metafy for any bytes', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => expect([...unmetafy(metafy(bytes))]).toEqual([...bytes])));
});

test('bash: plain lines get times of their own, the same at every import; with times a command may have several lines', async () => {
  const plain = file('.bash_history', 'ls bash\ncd bash\nls bash\n');
  expect(await imported('bash')).toMatchObject({ imported: 3, from: plain });
  expect(await imported('bash', plain)).toMatchObject({ imported: 0, duplicates: 3 });
  writeFileSync(plain, 'ls bash\ncd bash\nls bash\nbash new\n');
  expect(await imported('bash', plain)).toMatchObject({ imported: 1, duplicates: 3 });
  expect((await rows({ filter: 'bash', before_ns: 1e18 })).map(({ line }) => line)).toEqual(['ls bash', 'cd bash', 'ls bash', 'bash new']);
  const timed = file('timed', '#1500000001\nfor x in a; do\n  echo bashloop\ndone\n#1500000002\necho bashlast\n');
  expect(await imported('bash', timed)).toMatchObject({ imported: 2 });
  expect((await rows({ after_ns: 1_500_000_000e9, before_ns: 1_500_000_003e9 })).map(({ line, ts_ns }) => [line, ts_ns])).toEqual([
    ['for x in a; do\n  echo bashloop\ndone', 1_500_000_001e9],
    ['echo bashlast', 1_500_000_002e9],
  ]);
});

test('fish: escapes and times', async () => {
  const path = file(
    'fish_history',
    '- cmd: echo "fish"\\nfishline \\\\n\n  when: 1400000001\n  paths:\n    - cmd: no\n- cmd: fish two: three\n  when: 1400000002\n',
  );
  expect(await imported('fish', path)).toMatchObject({ imported: 2, format: 'fish' });
  const found = await rows({ after_ns: 1_400_000_000e9, before_ns: 1_400_000_003e9 });
  expect(found.map(({ line }) => line)).toEqual(['echo "fish"\nfishline \\n', 'fish two: three']);
});

test('atuin: its database, but what was deleted there or makes no sense', async () => {
  const path = join(daemon.home, 'atuin.db');
  const db = new Database(path);
  db.run('PRAGMA journal_mode = WAL');
  db.run(
    'CREATE TABLE history (id TEXT PRIMARY KEY, timestamp INTEGER, duration INTEGER, exit INTEGER, command TEXT, cwd TEXT, session TEXT, hostname TEXT, deleted_at INTEGER)',
  );
  const insert = db.query('INSERT INTO history VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)');
  insert.run('a', 1_300_000_001_123_456_789n, 2_000_000_000, 1, 'atuin one', '/at', 'sess', 'box:me', null);
  insert.run('b', 1_300_000_002_000_000_000n, -1, -1, 'atuin two', 'unknown', 'sess', 'box:me', null);
  insert.run('c', 1_300_000_003_000_000_000n, 0, 0, 'atuin gone', '/', 's', 'h', 1_300_000_009);
  insert.run('d', null, 0, 0, 'atuin broken', '/', 's', 'h', null);
  expect(await imported('atuin', path)).toMatchObject({ imported: 2, total_parsed: 2, format: 'atuin' });
  db.close();
  expect(await rows({ filter: 'atuin' })).toMatchObject([
    { line: 'atuin one', ts_ns: 1_300_000_001_123e6, duration_ns: 2e9, exit_code: 1, cwd: '/at', sessid: 'sess', hostname: 'box' },
    { line: 'atuin two', duration_ns: null, exit_code: null, cwd: null },
  ]);
});

test('secrets of an imported file are taken out, and it says how many', async () => {
  const ran = await run('bash', file('secrets', 'export API_KEY=imported1\ncurl -u a:imported2 x\n'));
  expect(ran).toMatchObject({ code: 0, stdout: '2\n' });
  expect(ran.stderr).toContain('2 secrets were taken out');
  expect(await rows({ filter: 'imported', mode: 'like' })).toEqual([]);
});

test('what cannot be read gets a code, and an empty or odd file is none', async () => {
  expect(await run('bash', '/nonexistent/file')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('/nonexistent/file cannot be read (ENOENT)'),
  });
  expect(await run('atuin', file('no.db', 'this is no database, whatever its name says'))).toMatchObject({ code: 1 });
  expect(await run('fish')).toMatchObject({ code: 4, stderr: expect.stringContaining('there is no history of fish') });
  expect((await run('tcsh', 'x')).code).toBe(2);
  expect(await imported('zsh', file('empty', ''))).toMatchObject({ imported: 0, total_parsed: 0, format: 'empty' });
  const random = crypto.getRandomValues(new Uint8Array(20_000));
  for (const kind of ['bash', 'zsh', 'fish']) expect((await run(kind, file('random', random))).code).toBe(0);
  const fromStdin = await runZd(daemon.home, ['history', 'import', 'bash', '-'], { stdin: 'from stdin\n' });
  expect(fromStdin).toMatchObject({ code: 0, stdout: '1\n' });
});

test('a file is read line by line, whatever its chunks; a monstrous line is left out and counted', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.string({ unit: fc.constantFrom('a', '\n', 'ü'), maxLength: 6 }), { maxLength: 12 }), async (chunks) => {
      const whole = Buffer.from(chunks.join(''));
      const stream = new ReadableStream<Uint8Array>({
        start(controller) {
          for (const chunk of chunks) controller.enqueue(new Uint8Array(Buffer.from(chunk)));
          controller.close();
        },
      });
      const reading = { bytes: 0, tooLong: 0 };
      const lines: string[] = [];
      for await (const line of fileLines(stream, reading)) lines.push(line.toString());
      expect(lines).toEqual(
        whole
          .toString()
          .replace(/\n$/, '')
          .split('\n')
          .slice(0, whole.length === 0 ? 0 : undefined),
      );
      expect(reading).toEqual({ bytes: whole.length, tooLong: 0 });
    }),
  );
  const ran = await run('bash', file('monster', `${'x'.repeat(3_000_000)}\nafter the monster\n`));
  expect(ran).toMatchObject({ code: 0, stdout: '1\n', stderr: expect.stringContaining('1 commands of more than a megabyte') });
});
