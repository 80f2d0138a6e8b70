import { describe, expect, test } from 'bun:test';
import { resolvePaths, socketPathFault, withoutRuntimeDir } from '../../src/daemon/paths';

describe('paths', () => {
  test('ZD_HOME holds everything', () => {
    expect(resolvePaths({ ZD_HOME: '/h', HOME: '/u', XDG_RUNTIME_DIR: '/r' })).toMatchObject({
      home: '/h',
      configFile: '/h/config.toml',
      dataDir: '/h',
      stateDir: '/h',
      socket: '/h/zd.sock',
      tokenFile: '/h/token',
      lockFile: '/h/lock',
    });
  });

  test('the XDG folders', () => {
    const env = { HOME: '/u', XDG_CONFIG_HOME: '/c', XDG_DATA_HOME: '/d', XDG_STATE_HOME: '/s', XDG_RUNTIME_DIR: '/r' };
    expect(resolvePaths(env)).toMatchObject({
      home: null,
      configFile: '/c/zd/config.toml',
      zdDb: '/d/zd/zd.db',
      logFile: '/s/zd/zd.log',
      socket: '/r/zd/zd.sock',
    });
    expect(withoutRuntimeDir(resolvePaths(env)).socket).toBe('/s/zd/zd.sock');
  });

  test('without them, and with values that are not absolute, the standard places', () => {
    const expected = {
      configFile: '/u/.config/zd/config.toml',
      dataDir: '/u/.local/share/zd',
      stateDir: '/u/.local/state/zd',
      socket: '/u/.local/state/zd/zd.sock',
    };
    expect(resolvePaths({ HOME: '/u' })).toMatchObject(expected);
    expect(resolvePaths({ HOME: '/u', XDG_CONFIG_HOME: 'c', XDG_DATA_HOME: '', XDG_RUNTIME_DIR: './r', ZD_HOME: '' })).toMatchObject(expected);
  });

  test.each([
    ['linux', 107],
    ['darwin', 103],
  ])('a socket path on %s has at most %d bytes', (platform, limit) => {
    expect(socketPathFault(`/${'a'.repeat(limit - 1)}`, platform)).toBeNull();
    expect(socketPathFault(`/${'a'.repeat(limit)}`, platform)).toContain(`is ${limit + 1} bytes long and the system allows ${limit}`);
    expect(socketPathFault(`/${'é'.repeat(limit / 2)}x`, platform)).toContain('ZD_HOME');
  });
});
