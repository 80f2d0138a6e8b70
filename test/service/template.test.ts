import { afterAll, describe, expect, test } from 'bun:test';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { resolvePaths } from '../../src/daemon/paths';
import { plistCommand, renderPlist } from '../../src/service/launchd-plist';
import { homeSuffix, thisProgram, type Program } from '../../src/service/program';
import { fill } from '../../src/service/template';
import { quoteWord, renderUnit, unitCommand } from '../../src/service/systemd-unit';
import { unquote } from './unit_syntax';

const folder = mkdtempSync('/tmp/zd-');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const program = (argv: readonly string[], env: Record<string, string> = {}): Program => ({ argv, env, logFile: '/home/u/.local/state/zd/zd.log' });
const printable = fc.string({ unit: 'binary', minLength: 1, maxLength: 60 }).filter((text) => !/[\u0000-\u001f\u007f\ufffe\uffff]/.test(text));
const hostile = fc.oneof(
  printable,
  fc.string({
    unit: fc.constantFrom('%', '$', '{', '}', '\\', '"', "'", ' ', ';', '#', '@', '&', '<', '>', ']', 'n', 'x', '@ARGV@', 'é'),
    minLength: 1,
    maxLength: 30,
  }),
);

describe('the systemd unit', () => {
  test('every word survives quoting', () => {
    fc.assert(
      fc.property(hostile, (text) => expect(unquote(quoteWord(text))).toEqual([text])),
      { numRuns: 1000 },
    );
  });

  test('every command and folder survives the whole unit', () => {
    const path = hostile.map((text) => `/${text.replace(/["'\\]/g, '')}`);
    fc.assert(
      fc.property(path, fc.array(hostile, { maxLength: 3 }), hostile, (binary, rest, home) => {
        const text = renderUnit('zd.service', program([binary, ...rest], { ZD_HOME: `/${home}` }));
        const lines = text.split('\n');
        const value = (key: string) => lines.filter((line) => line.startsWith(`${key}=`)).map((line) => line.slice(key.length + 1));
        expect(value('ExecStart').map((line) => unquote(line))).toEqual([
          [binary, ...rest.map((word) => word.replaceAll('$', () => '$$')), '__daemon'],
        ]);
        expect(value('Environment').map((line) => unquote(line))).toEqual([[`ZD_HOME=/${home}`]]);
        expect(unitCommand(text)).toEqual([binary, ...rest]);
        expect(lines.filter((line) => line.endsWith('\\'))).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  test('line separators that are none to systemd are part of a path', () => {
    for (const path of ['/a\u2028b', '/a\u2029', '/a\u0085b']) expect(unitCommand(renderUnit('zd.service', program([path])))).toEqual([path]);
  });

  test('a path it cannot name is refused', () => {
    for (const path of ['/a"b', "/a'b", '/a\\b', '/a\nb', '/a\u0000b']) expect(() => renderUnit('zd.service', program([path]))).toThrow(/path/i);
    for (const home of ['/a\nExecStart=/bin/evil', '/a\rb', '/a\ud800b'])
      expect(() => renderUnit('zd.service', program(['/zd'], { ZD_HOME: home }))).toThrow(/character/);
  });

  test('it restarts on failure with a limit, keeps jobs alive, and sandboxes nothing a job may need', () => {
    const text = renderUnit('zd.service', program(['/usr/local/bin/zd']));
    for (const line of [
      'Restart=on-failure',
      'StartLimitBurst=5',
      'StartLimitIntervalSec=60',
      'KillMode=process',
      'OOMPolicy=continue',
      'WantedBy=default.target',
    ])
      expect(text.split('\n')).toContain(line);
    expect(text).toMatch(/^UnsetEnvironment=BUN_BE_BUN BUN_OPTIONS /m);
    expect(text).not.toMatch(/^(NoNewPrivileges|Protect|Private|Restrict|SystemCall|MemoryMax|TasksMax|UMask)/m);
    expect(text).not.toContain('@');
  });

  const analyze = Bun.which('systemd-analyze');
  if (!analyze) console.warn('skipped: systemd-analyze is not installed');
  test.skipIf(!analyze)('systemd-analyze finds nothing to say', async () => {
    const binary = join(folder, 'bin $x %n', 'z d');
    mkdirSync(join(folder, 'bin $x %n'));
    writeFileSync(binary, '#!/bin/sh\n');
    chmodSync(binary, 0o755);
    const unit = join(folder, 'zd-check.service');
    writeFileSync(unit, renderUnit('zd-check.service', program([binary, '/src/ma"in.ts'], { ZD_HOME: `${folder}/h "o" %t` })));
    const child = Bun.spawn([analyze!, 'verify', '--user', '--man=no', unit], {
      stdout: 'pipe',
      stderr: 'pipe',
      env: { ...process.env, XDG_RUNTIME_DIR: folder },
    });
    const [stdout, stderr, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
    // It also reads the machine's other units; only what it says of ours counts.
    expect((stdout + stderr).split('\n').filter((line) => line.includes('zd-check'))).toEqual([]);
    expect({ code, stderr }).toEqual({ code: 0, stderr });
  });
});

describe('the launchd agent', () => {
  const python = Bun.which('python3');
  const parse = async (texts: readonly string[]): Promise<Record<string, unknown>[]> => {
    const files = texts.map((_, at) => join(folder, `${at}.plist`));
    for (const [at, file] of files.entries()) writeFileSync(file, texts[at]!);
    const code = 'import json,plistlib,sys\nprint(json.dumps([plistlib.load(open(f,"rb")) for f in sys.argv[1:]]))';
    const child = Bun.spawn([python!, '-c', code, ...files], { stdout: 'pipe', stderr: 'inherit' });
    return JSON.parse(await child.stdout.text()) as Record<string, unknown>[];
  };

  if (!python) console.warn('skipped: python3 with its property list parser is not installed');
  test.skipIf(!python)('a property list parser reads what was meant', async () => {
    const [agent] = await parse([
      renderPlist('dev.zd.daemon', program(['/Users/u/a & <b>/zd'], { ZD_HOME: '/Users/u/h "&lt;' }), 'Aqua', '/Users/u/state/launchd.log'),
    ]);
    expect(agent).toEqual({
      Label: 'dev.zd.daemon',
      ProgramArguments: ['/Users/u/a & <b>/zd', '__daemon'],
      EnvironmentVariables: {
        BUN_BE_BUN: '',
        BUN_OPTIONS: '',
        BUN_INSPECT: '',
        BUN_INSPECT_PRELOAD: '',
        BUN_INSPECT_CONNECT_TO: '',
        BUN_INSPECT_NOTIFY: '',
        ZD_HOME: '/Users/u/h "&lt;',
      },
      WorkingDirectory: '/',
      LimitLoadToSessionType: 'Aqua',
      RunAtLoad: true,
      KeepAlive: { SuccessfulExit: false },
      ThrottleInterval: 10,
      ExitTimeOut: 30,
      AbandonProcessGroup: true,
      ProcessType: 'Interactive',
      StandardOutPath: '/Users/u/state/launchd.log',
      StandardErrorPath: '/Users/u/state/launchd.log',
    });
  });

  test.skipIf(!python)('every command and folder survives', async () => {
    const samples = fc.sample(fc.tuple(fc.array(hostile, { minLength: 1, maxLength: 3 }), hostile), { numRuns: 200, seed: 7 });
    const texts = samples.map(([argv, home]) => renderPlist('dev.zd.daemon', program(argv, { ZD_HOME: home }), 'Background', '/l'));
    const agents = await parse(texts);
    for (const [at, [argv, home]] of samples.entries()) {
      expect(agents[at]!.ProgramArguments).toEqual([...argv, '__daemon']);
      expect((agents[at]!.EnvironmentVariables as Record<string, string>).ZD_HOME).toBe(home);
      expect(plistCommand(texts[at]!)).toEqual(argv);
    }
  });

  test('a path it cannot name is refused', () => {
    expect(() => renderPlist('l', program(['/a\u0001b']), 'Aqua', '/l')).toThrow(/character/);
  });
});

test('a template whose names and values do not fit is refused', () => {
  expect(fill('a @X@ b', { X: '$& @Y@' })).toBe('a $& @Y@ b');
  expect(() => fill('@X@', {})).toThrow('@X@');
  expect(() => fill('', { X: '1' })).toThrow('@X@');
});

test('what is written by others is not taken for ours', () => {
  expect(unitCommand('[Service]\nExecStart=/usr/bin/zd\n')).toBeNull();
  expect(unitCommand(`${readFileSync(join(import.meta.dir, '../../systemd/zd.service'), 'utf8')}`)).toBeNull();
  expect(plistCommand('<plist><array><string>/usr/bin/zd</string></array></plist>')).toBeNull();
});

test('each home has a service of its own, and the daemon gets the folders of the shell', () => {
  const own = (env: Record<string, string>) => ({ suffix: homeSuffix(resolvePaths(env)), env: thisProgram(resolvePaths(env), env).env });
  expect(own({ HOME: '/home/u', XDG_DATA_HOME: '/data', XDG_STATE_HOME: 'relative', ZD_LOG_LEVEL: 'debug' })).toEqual({
    suffix: '',
    env: { XDG_DATA_HOME: '/data' },
  });
  expect(own({ HOME: '/home/u', ZD_HOME: '/x', XDG_DATA_HOME: '/data' })).toEqual({ suffix: '-b3d1db31', env: { ZD_HOME: '/x' } });
  expect(own({ ZD_HOME: '/x' }).suffix).not.toBe(own({ ZD_HOME: '/y' }).suffix);
});
