import { beforeAll, describe, expect, test } from 'bun:test';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startDaemon, type TestDaemon } from '../helper/daemon';
import { record as runRecord, userHome } from '../helper/record';

let daemon: TestDaemon;
beforeAll(async () => {
  daemon = await startDaemon();
});
const record = (user: string, ...args: string[]) => runRecord(daemon, user, ...args);
const query = async (filter: object): Promise<any[]> => (await daemon.call('definitions_query', filter)).body.records;
/** The one record of a kind and name in a shell. */
const one = async (shell_id: string, kind: string, name: string): Promise<any> => {
  const records = await query({ shell_id, kind, name });
  expect([kind, name, records.length]).toEqual([kind, name, 1]);
  return records[0];
};

describe('a configuration that misbehaves hurts nobody', () => {
  const faulty: readonly [string, Record<string, string>, number, RegExp, string[]][] = [
    ['bash', { '.bash_profile': 'echo last words >&2; exit 7' }, 1, /bash ended with 7 before .*last words/, []],
    ['bash', { '.bash_profile': 'exec true' }, 1, /bash ended with 0 before/, []],
    ['bash', { '.bash_profile': 'kill -SEGV $$' }, 1, /bash was ended by SIGSEGV/, []],
    ['bash', { '.bash_profile': 'exec 7>&-' }, 1, /before it told/, []],
    ['bash', { '.bash_profile': 'sleep 600 & sleep 600' }, 124, /did not get through its configuration within 1 s/, ['--timeout', '1']],
    ['zsh', { '.zshrc': 'while :; do :; done' }, 124, /did not get through/, ['--timeout', '1']],
    ['zsh', { '.zshrc': 'printf "zd-record-1\\0x\\0end\\0x\\0" >&7; exit' }, 1, /before it told/, []],
    ['fish', { '.config/fish/config.fish': 'exec true' }, 1, /fish ended with 0/, []],
  ];
  for (const [shell, files, code, said, flags] of faulty)
    test(`${shell}: ${Object.values(files)[0]}`, async () => {
      const user = userHome(files);
      const ran = await record(user, shell, ...flags, '--shell-id', 'tool:faulty');
      expect([ran.code, ran.stdout]).toEqual([code, '']);
      expect(ran.stderr).toMatch(said);
      expect(await query({ shell_id: 'tool:faulty' })).toEqual([]);
    });

  test('one that leaves something running does not hold it up', async () => {
    const user = userHome({ '.bash_profile': 'sleep 600 & alias x=y\n' });
    expect((await record(user, 'bash', '--shell-id', 'tool:left')).code).toBe(0);
    expect(await one('tool:left', 'alias', 'x')).toMatchObject({ value: 'y' });
  });

  test('a shell that is not there is said so, and another word is a usage error', async () => {
    const user = userHome({});
    expect(await record(user, 'bash', '--program', '/no/such/bash')).toMatchObject({ code: 4, stderr: expect.stringContaining('/no/such/bash') });
    expect((await record(user, 'tcsh')).code).toBe(2);
    const frames = 'zd-record-1\\0%s\\0unsupported\\0bash\\0\\0002\\0003.2\\0004.4\\0end\\0%s\\0';
    writeFileSync(join(user, 'old'), `#!/bin/sh\nprintf '${frames}' "$ZD_RECORD_NONCE" "$ZD_RECORD_NONCE" >&7\n`);
    chmodSync(join(user, 'old'), 0o755);
    const old = await record(user, 'bash', '--program', join(user, 'old'));
    expect([old.code, old.stderr]).toEqual([1, expect.stringContaining('is bash 3.2, and cannot tell')]);
    writeFileSync(join(user, 'fake'), '#!/bin/sh\nyes | head -c 100000 >&7\n');
    chmodSync(join(user, 'fake'), 0o755);
    expect((await record(user, 'bash', '--program', join(user, 'fake'))).code).toBe(1);
  });
});
