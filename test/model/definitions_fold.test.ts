import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { ShellFold } from '../../src/areas/definitions/fold';
import { isSensitiveFile, isSensitiveName, isSensitiveText } from '../../src/kernel/sensitive';

const names = fc.constantFrom('a', 'b', '__proto__');
const values = fc.constantFrom('1', '2');
const observations = fc.array(
  fc.oneof(
    fc.record({
      kind: fc.constantFrom('alias', 'galias', 'function', 'export', 'assign', 'setopt', 'unsetopt', 'unalias', 'unset'),
      name: names,
      value: values,
    }),
    fc.record({ kind: fc.constant('path_mod'), name: names, value: fc.constantFrom('path', 'fpath') }),
    fc.record({ kind: fc.constant('what'), name: names, value: values }),
  ),
  { maxLength: 40 },
);

/** The same told plainly: texts by kind and name. */
function expected(seen: readonly { kind: string; name: string; value: string }[]): Map<string, string> {
  const state = new Map<string, string>();
  const lists: Record<string, number> = { path: 0, fpath: 0 };
  const drop = (name: string, ...kinds: string[]) => kinds.forEach((kind) => state.delete(`${kind} ${name}`));
  for (const { kind, name, value } of seen) {
    if (kind === 'unalias') drop(name, 'alias', 'galias', 'salias');
    else if (kind === 'unset') drop(name, 'env', 'params', 'params_typed');
    else if (kind === 'export') state.set(`env ${name}`, value);
    else if (kind === 'setopt') state.set(`setopt ${name}`, 'on');
    else if (kind === 'unsetopt') state.set(`setopt ${name}`, 'off');
    else if (kind === 'path_mod') state.set(`${value} ${lists[value]!++}`, name);
    else if (kind === 'assign') {
      state.set(`params ${name}`, value);
      state.set(`params_typed ${name}`, JSON.stringify({ attrs: 0, value, value_array: null, value_assoc: null }));
    } else if (kind !== 'what') state.set(`${kind} ${name}`, value);
  }
  return state;
}

describe('a sequence of observations', () => {
  test('comes to what each does after the one before it, and the history ends with what holds', () => {
    fc.assert(
      fc.property(observations, (seen) => {
        const fold = new ShellFold('zsh', 1);
        for (const each of seen) fold.see(each);
        const state = new Map(fold.all().map(({ kind, name, value }) => [`${kind} ${name}`, value!]));
        expect(state).toEqual(expected(seen));
        for (const record of fold.all()) expect(record.history.at(-1)!.value).toBe(record.value);
        for (const [kind, name] of fold.removed()) expect(state.has(`${kind} ${name}`)).toBe(false);
        expect([...fold.unknown()]).toEqual(
          seen.some(({ kind }) => kind === 'what') ? [['what', seen.filter(({ kind }) => kind === 'what').length]] : [],
        );
      }),
      { numRuns: 500 },
    );
  });

  test('remembers the newest of very many definitions', () => {
    const fold = new ShellFold('zsh', 1);
    for (let at = 0; at < 5000; at++) fold.see({ kind: 'alias', name: 'x', value: String(at) });
    const { history } = fold.get('alias', 'x')!;
    expect([history.length, history[0]!.value, history.at(-1)!.value]).toEqual([1000, '4000', '4999']);
  });
});

test('what is taken for a secret, and what is not', () => {
  for (const name of [
    'GITHUB_TOKEN',
    'githubToken',
    'token',
    'DB_PASSWORD',
    'PGPASSWORD',
    'AWS_SECRET_ACCESS_KEY',
    'apiKey',
    'OPENAI_API_KEY',
    'MYSQL_PWD',
    'credentials',
  ])
    expect([name, isSensitiveName(name)]).toEqual([name, true]);
  for (const name of ['tokenizer', 'PWD', 'OLDPWD', 'EDITOR', 'KEYTIMEOUT', 'SSH_AUTH_SOCK', 'secretary', 'PATH', 'key', 'HISTFILE'])
    expect([name, isSensitiveName(name)]).toEqual([name, false]);
  for (const file of ['/home/me/.env', 'prod.env', '/x/.env.local', '/a/secrets.zsh', 'github-token.sh', '/etc/Credentials'])
    expect([file, isSensitiveFile(file)]).toEqual([file, true]);
  for (const file of ['/home/token/.zshrc', 'tokenizer.zsh', '/x/environment', '.envrc'])
    expect([file, isSensitiveFile(file)]).toEqual([file, false]);
  const secrets = [
    'export API_KEY=abc',
    'AWS_SECRET=1',
    'TOKEN=abc ./run',
    '-----BEGIN RSA PRIVATE KEY-----',
    `ghp_${'a'.repeat(36)}`,
    'https://me:pw@host/',
    `curl -H 'Authorization: Bearer ${'x'.repeat(20)}'`,
  ];
  for (const text of secrets) expect([text, isSensitiveText(text)]).toEqual([text, true]);
  for (const text of ['git status', 'TOKEN=$(pass show x) run', 'https://host/path', 'echo "$PASSWORD"', 'ssh me@host'])
    expect([text, isSensitiveText(text)]).toEqual([text, false]);
  expect(isSensitiveText('x'.repeat(70_000) + 'API_KEY=abc')).toBe(false);
});
