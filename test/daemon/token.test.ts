import { afterAll, describe, expect, test } from 'bun:test';
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadOrCreateToken } from '../../src/daemon/token';

const folder = mkdtempSync('/tmp/zd-token-');
afterAll(() => rmSync(folder, { recursive: true }));

describe('the generated token', () => {
  test('is made once, 0600 whatever the umask, and leaves nothing else behind', () => {
    const file = join(folder, 'token');
    const umask = process.umask(0);
    const token = loadOrCreateToken(file);
    process.umask(umask);
    expect(token).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(loadOrCreateToken(file)).toBe(token);
    expect(readdirSync(folder)).toEqual(['token']);
    chmodSync(file, 0o640);
    expect(() => loadOrCreateToken(file)).toThrow(/Others may use the token .*mode 640.*Remove it/);
    try {
      loadOrCreateToken(file);
    } catch (error) {
      expect(String(error)).not.toContain(token);
    }
  });

  test('a file with something else in it, and a link, are refused', () => {
    const file = join(folder, 'odd');
    writeFileSync(file, 'hello', { mode: 0o600 });
    expect(() => loadOrCreateToken(file)).toThrow('does not hold a token');
    symlinkSync(file, join(folder, 'link'));
    expect(() => loadOrCreateToken(join(folder, 'link'))).toThrow('ELOOP');
  });
});
