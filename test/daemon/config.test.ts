import { afterAll, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError, loadConfig, type Config, type Problem } from '../../src/daemon/config';
import { SETTINGS } from '../../src/daemon/settings';

const folder = mkdtempSync('/tmp/zd-config-');
const file = join(folder, 'config.toml');
afterAll(() => rmSync(folder, { recursive: true }));

function load(text: string, more: Partial<Parameters<typeof loadConfig>[0]> = {}): Config {
  writeFileSync(file, text, { mode: 0o600 });
  return loadConfig({ file, env: {}, ...more });
}

function problems(text: string, more: Partial<Parameters<typeof loadConfig>[0]> = {}): readonly Problem[] {
  try {
    load(text, more);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

const SECRET = 'hunter2-hunter2-hunter2';

describe('what is wrong is told with file and line', () => {
  const table: readonly [name: string, text: string, line: number, said: RegExp][] = [
    ['unknown section', '[log]\nlevel = "info"\n[htpp]\nopen = true\n', 3, /unknown section or key "htpp"; there are \[http\]/],
    ['unknown key', '[http]\n# a comment\nlisten = "off"\nopne = true\n', 4, /unknown key "http.opne"; \[http\] has listen, open/],
    ['unknown dotted key', 'log.level = "info"\nlog.colour = true\n', 2, /unknown key "log.colour"/],
    ['a section that is no table', 'http = 1\n', 1, /must be a table/],
    ['wrong type', '[http]\nopen = "yes"\n', 2, /http.open: "yes" is not true or false/],
    ['wrong level', '[log]\nlevel = "loud"\n', 2, /"loud" is not one of debug, info, warn, error/],
    ['integer as text', '[limits]\nbody_bytes = "2"\n', 2, /is not an integer from/],
    ['fraction', '[limits]\nbody_bytes = 2048.5\n', 2, /2048.5 is not an integer/],
    ['below the bound', '[log]\nmax_files = 2\nmax_bytes = 1\n', 3, /1 is not an integer from 4096/],
    ['negative', '[log]\nmax_files = -1\n', 2, /-1 is not an integer from 0/],
    ['address without port', '[http]\nlisten = "localhost"\n', 2, /"localhost" is not HOST:PORT/],
    ['port out of range', '[http]\nlisten = "127.0.0.1:70000"\n', 2, /not HOST:PORT/],
    ['IPv6 without brackets', '[http]\nlisten = "::1:80"\n', 2, /not HOST:PORT/],
    ['origin with a path', '[http]\nallowed_origins = ["http://a.test/x"]\n', 2, /"http:\/\/a.test\/x" is not a list of exact origins/],
    ['origin null', '[http]\nallowed_origins = ["null"]\n', 2, /exact origins/],
    ['origin star', '[http]\nallowed_origins = ["*"]\n', 2, /exact origins/],
    ['host list that is text', '[http]\nallowed_hosts = "a"\n', 2, /a list of host names/],
    ['token without secret', '[http.tokens]\nci = { scopes = ["*"] }\n', 2, /token "ci": its "token" is missing or empty/],
    ['empty token', '[http.tokens]\nci = ""\n', 2, /token "ci": its "token" is missing or empty/],
    ['token of another type', '[http.tokens]\nok = "x"\nci = 7\n', 3, /token "ci": expected a string or a table/],
    ['unknown key of a token', `[http.tokens.ci]\ntoken = "${SECRET}"\nscope = ["*"]\n`, 3, /unknown key "scope"/],
    ['scope pattern', `[http.tokens]\nci = { token = "${SECRET}", scopes = ["cache.read", "*.*"] }\n`, 2, /"\*\.\*" is not a scope pattern/],
    ['scope of another type', `[http.tokens]\nci = { token = "${SECRET}", scopes = [1] }\n`, 2, /1 is not a scope pattern/],
    ['scopes as text', `[http.tokens]\nci = { token = "${SECRET}", scopes = "*" }\n`, 2, /"scopes" is a list/],
    ['two equal tokens', `[http.tokens]\na = "${SECRET}"\nb = "${SECRET}"\n`, 3, /the tokens "a" and "b" are the same/],
    ['open with tokens', `[http]\nopen = true\n[http.tokens]\na = "${SECRET}"\n`, 2, /cannot stand together with http.tokens/],
    ['open on a foreign address', '[http]\nlisten = "0.0.0.0:7733"\nopen = true\n', 3, /allowed on loopback only/],
    ['foreign address without tokens', '[http]\nlisten = "192.168.1.4:7733"\n', 2, /not a loopback address and needs tokens/],
    ['kind with an unknown bound', '[events.kinds]\nfs = { max_size = 1 }\n', 2, /events.kinds: fs.max_size: a kind has max_count/],
    ['kind with a bound that is none', '[events.kinds]\nfs = { max_count = 0 }\n', 2, /fs.max_count: .* integers from 1/],
    [
      'rule without a decision',
      '[policy]\nrules = [{ tool = "x" }]\n',
      2,
      /policy.rules: rule 1: its decision is one of allow, deny, approval_required/,
    ],
    ['rule with an unknown key', '[[policy.rules]]\ndecision = "deny"\ntol = "x"\n', 1, /rule 1: unknown key "tol"/],
    [
      'second rule with an empty glob',
      '[policy]\nrules = [{ decision = "deny" }, { decision = "deny", tool = "" }]\n',
      2,
      /rule 2: tool: expected a text/,
    ],
    ['rules that are no list', '[policy.rules]\ndecision = "deny"\n', 1, /expected a list of rules/],
    ['unknown decision', '[policy]\ndefault = "ask"\n', 2, /"ask" is not one of allow, deny, approval_required/],
    ['kind without a table', '[events.kinds]\nfs = 3\n', 2, /3 is not a table of KIND/],
    ['kind with a bad name', '[events.kinds]\n"A B" = { max_count = 1 }\n', 2, /"A B" is no kind of event/],
    ['no value', '[log]\nlevel = "info"\n\nmax_files =\n', 4, /value/],
    ['unclosed text', '[http]\nopen = false\nlisten = "x\n[log]\n', 3, /string/i],
    ['table twice', '[log]\nlevel = "info"\n[http]\n[log]\n', 4, /log/],
    ['key twice', '[log]\nlevel = "info"\nlevel = "warn"\n', 3, /level/],
  ];
  test.each(table)('%s', (_name, text, line, said) => {
    const [first] = problems(text);
    expect(first?.where).toBe(`${file}:${line}`);
    expect(first?.message).toMatch(said);
    expect(JSON.stringify(problems(text))).not.toContain(SECRET);
  });

  test('all faults at once, each in its place', () => {
    expect(problems('[http]\nopen = 1\nx = 2\n[log]\nlevel = 3\n').map(({ where }) => where)).toEqual([`${file}:2`, `${file}:3`, `${file}:5`]);
  });

  test('bytes that are no UTF-8', () => {
    writeFileSync(file, Buffer.from([0x5b, 0xff, 0x5d]));
    expect(() => loadConfig({ file, env: {} })).toThrow('not UTF-8');
  });
});

describe('where values come from', () => {
  test('later wins, and each value says its origin', () => {
    const text = '[log]\nlevel = "warn"\nmax_files = 7\n';
    expect(load('').origins['log.level']).toBe('default');
    expect(load(text)).toMatchObject({
      values: { 'log.level': 'warn' },
      origins: { 'log.level': 'config.toml:2', 'log.max_files': 'config.toml:3', 'http.open': 'default' },
    });
    const env = { ZD_LOG_LEVEL: 'error' };
    expect(load(text, { env })).toMatchObject({ values: { 'log.level': 'error' }, origins: { 'log.level': 'env ZD_LOG_LEVEL' } });
    const flags = { 'log.level': 'debug' };
    expect(load(text, { env, flags })).toMatchObject({ values: { 'log.level': 'debug' }, origins: { 'log.level': 'flag' } });
    const overrides = { file: 'overrides.json', texts: { 'log.level': 'info' } };
    expect(load(text, { env, flags, overrides })).toMatchObject({ values: { 'log.level': 'info' }, origins: { 'log.level': 'override' } });
    expect(load(text, { env, flags, overrides, runtime: { 'log.level': 'warn' } })).toMatchObject({
      values: { 'log.level': 'warn' },
      origins: { 'log.level': 'runtime' },
    });
  });

  test('no file means defaults, and defaults are frozen', () => {
    const config = loadConfig({ file: join(folder, 'none.toml'), env: {} });
    expect(config.fileExists).toBe(false);
    for (const { key, default: preset } of SETTINGS) expect(config.values[key]).toEqual(preset as never);
    expect(Object.isFrozen(config.values)).toBe(true);
  });

  test('an empty variable counts as absent, a bad one is named, a strange one is mentioned', () => {
    expect(load('', { env: { ZD_LOG_LEVEL: '' } }).origins['log.level']).toBe('default');
    expect(problems('', { env: { ZD_HTTP_OPEN: 'perhaps', ZD_LOG_MAX_FILES: '1.5' } }).map(({ where }) => where)).toEqual([
      'env ZD_HTTP_OPEN',
      'env ZD_LOG_MAX_FILES',
    ]);
    expect(load('', { env: { ZD_LOG_LEVLE: 'info', ZD_HOME: '/x' } }).warnings).toEqual([
      'The environment variable ZD_LOG_LEVLE is no setting of zd.',
    ]);
  });

  test('lists from the environment are JSON or separated by commas', () => {
    expect(load('', { env: { ZD_HTTP_ALLOWED_HOSTS: 'a.test, b.test' } }).values['http.allowed_hosts']).toEqual(['a.test', 'b.test']);
    expect(load('', { env: { ZD_HTTP_ALLOWED_ORIGINS: '["http://a.test"]' } }).values['http.allowed_origins']).toEqual(['http://a.test']);
  });

  test('rules between settings hold across sources', () => {
    const [fault] = problems(`[http.tokens]\na = "${SECRET}"\n`, { env: { ZD_HTTP_OPEN: 'true' } });
    expect(fault?.where).toBe('env ZD_HTTP_OPEN');
  });
});

describe('tokens', () => {
  test('text has full access, absent scopes too, an empty list nothing', () => {
    const config = load(
      `[http.tokens]\nold = "${SECRET}-1"\nall = { token = "${SECRET}-2" }\nnone = { token = "${SECRET}-3", scopes = [] }\nci = { token = "${SECRET}-4", scopes = ["job.*", "*.read", "cache.write"] }\n`,
    );
    expect(config.values['http.tokens'].map(({ label, scopes }) => [label, scopes])).toEqual([
      ['old', null],
      ['all', null],
      ['none', []],
      ['ci', ['job.*', '*.read', 'cache.write']],
    ]);
    expect(config.warnings).toEqual([]);
  });

  test('with tokens a foreign address may be used', () => {
    expect(load(`[http]\nlisten = "0.0.0.0:7733"\n[http.tokens]\na = "${SECRET}"\n`).values['http.listen']).toBe('0.0.0.0:7733');
  });

  test('a file with tokens that others can read and a short token are worth a warning', () => {
    const open = join(folder, 'open.toml');
    writeFileSync(open, '[http.tokens]\na = "short"\n', { mode: 0o644 });
    expect(loadConfig({ file: open, env: {} }).warnings).toEqual([
      expect.stringContaining('chmod 600'),
      expect.stringContaining('short enough to guess'),
    ]);
  });
});

test('every setting is complete', () => {
  for (const setting of SETTINGS) {
    expect(setting.doc).not.toBe('');
    if (setting.type === 'integer')
      expect([setting.min <= (setting.default as number), (setting.default as number) <= setting.max]).toEqual([true, true]);
    if (setting.env) expect(setting.env).toMatch(/^ZD_[A-Z_]+$/);
  }
});
