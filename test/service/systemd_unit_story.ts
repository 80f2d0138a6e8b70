import { describe, expect, test } from 'bun:test';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runner } from '../../src/service/run';
import { renderUnit } from '../../src/service/systemd-unit';
import { until } from '../helper/until';

// Run by systemd.test.ts inside a throw-away systemd.
const root = process.env.SERVICE_STORY!;
const systemctl = (...args: string[]) => runner(process.env)(['systemctl', '--user', ...args]);
mkdirSync(join(root, 'config/systemd/user'), { recursive: true });

describe('the unit around another program', () => {
  /** Starts our unit with a shell script in the daemon's place. */
  const start = async (name: string, script: string) => {
    const file = join(root, `${name}.sh`);
    writeFileSync(file, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    writeFileSync(join(root, 'config/systemd/user', `${name}.service`), renderUnit(`${name}.service`, { argv: [file], env: {}, logFile: '/log' }));
    await systemctl('daemon-reload');
    // Whether a program that ends at once fails the start or the unit after it is a race, so nothing is expected here.
    await systemctl('start', name);
  };
  const property = async (name: string, key: string) => (await systemctl('show', name, `--property=${key}`, '--value')).stdout.trim();

  test('what it started survives its stop', async () => {
    const file = join(root, 'job.pid');
    await start('zd-job', `sleep 1000 & echo $! > ${file}.part; mv ${file}.part ${file}; exec sleep 1000`);
    await until('the job runs', () => existsSync(file));
    const job = Number(readFileSync(file, 'utf8'));
    expect(await systemctl('stop', 'zd-job')).toMatchObject({ code: 0 });
    expect(await property('zd-job', 'ActiveState')).toBe('inactive');
    expect(process.kill(job, 0)).toBe(true);
    process.kill(job, 'SIGKILL');
  });

  test('one that always fails is given up', async () => {
    await start('zd-fails', 'exit 1');
    await until('systemd gives up', async () => (await property('zd-fails', 'ActiveState')) === 'failed');
    expect(Number(await property('zd-fails', 'NRestarts'))).toBe(5);
  });

  test('one that asks to be restarted is, and that is no failure', async () => {
    await start('zd-again', `[ -e ${root}/again ] && exec sleep 1000\ntouch ${root}/again\nexit 75`);
    await until(
      'it was started again',
      async () => (await property('zd-again', 'NRestarts')) === '1' && (await property('zd-again', 'ActiveState')) === 'active',
    );
    expect(await property('zd-again', 'Result')).toBe('success');
    await systemctl('stop', 'zd-again');
  });
});
