import { afterAll, beforeAll, expect, test } from 'bun:test';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from '../../src/client/client';
import { resolvePaths } from '../../src/daemon/paths';
import { homeSuffix } from '../../src/service/program';
import { runner } from '../../src/service/run';
import { ZD } from '../helper/daemon';
import { until } from '../helper/until';

// Run by systemd.test.ts inside a throw-away systemd.
const root = process.env.SERVICE_STORY!;
const home = join(root, 'jobs');
const env = { ...(process.env as Record<string, string>), ZD_HOME: home };
const paths = resolvePaths(env);
const unit = `zd${homeSuffix(paths)}.service`;
const systemctl = (...args: string[]) => runner(env)(['systemctl', '--user', ...args]);
const call = (op: string, input: unknown = {}) => Client.find(env).call(op, input) as Promise<any>;
const daemonPid = () => (JSON.parse(readFileSync(paths.daemonFile, 'utf8')) as { pid: number }).pid;
const zd = (...args: string[]) => Bun.spawn([...ZD, ...args], { env, cwd: root, stdin: 'ignore', stdout: 'ignore', stderr: 'inherit' }).exited;

beforeAll(() => {
  for (const folder of [home, join(root, 'user'), join(root, 'config')]) mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(paths.configFile, '[http]\nlisten = "off"\n', { mode: 0o600 });
});
afterAll(async () => {
  for (const { id } of (await call('job_list', { state: 'running' })).jobs) await call('job_cancel', { id, grace_ms: 0 });
  await zd('service', 'uninstall');
});

/** Another daemon than this one answers. */
const successor = (old: number) =>
  until('another daemon answers', async () => {
    try {
      return daemonPid() !== old && (await call('ping'));
    } catch {
      return false;
    }
  });

test('a job goes on through a restart by systemd, by zd, and a kill -9; its exit code is known', async () => {
  expect(await zd('service', 'install')).toBe(0);
  const go = join(home, 'go');
  const { job_id: id } = await call('job_submit', {
    command: ['/bin/sh', '-c', `echo begun; while [ ! -e ${go} ]; do sleep 0.05; done; echo done; exit 21`],
    cwd: '/',
  });
  const pid = await until('it runs', async () => (await call('job_status', { id })).job.pid as number | null);
  expect(readFileSync(`/proc/${pid}/cgroup`, 'utf8')).toContain(unit);
  const ends: (() => Promise<unknown>)[] = [
    () => systemctl('restart', unit),
    () => zd('restart'),
    async () => process.kill(daemonPid(), 'SIGKILL'),
    async () => {
      await zd('down');
      await zd('up');
    },
  ];
  for (const end of ends) {
    const old = daemonPid();
    await end();
    await successor(old);
    expect((await call('job_status', { id })).job).toMatchObject({ state: 'running', pid });
  }
  writeFileSync(go, '');
  expect(await call('job_wait', { id })).toMatchObject({ state: 'exited', exit_code: 21 });
  expect((await call('job_output', { id })).content).toBe('begun\ndone\n');
});

test('what systemd itself tells the daemon is not told to jobs', async () => {
  const { job_id: id } = await call('job_submit', { command: ['env'], cwd: '/' });
  await call('job_wait', { id });
  const { content } = await call('job_output', { id });
  expect(content).toContain(`ZD_JOB_ID=${id}\n`);
  expect(content).not.toMatch(/^(SYSTEMD_EXEC_PID|INVOCATION_ID|NOTIFY_SOCKET|JOURNAL_STREAM|MANAGERPID|ZD_HOME)=/m);
});
