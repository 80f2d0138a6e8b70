import { expect, test } from 'bun:test';
import { mkdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { startDaemon } from '../helper/daemon';
import { lockCalls } from '../helper/locks';

const CONTENDER = resolve(import.meta.dir, '../helper/lock_contender.ts');
const PROCESSES = 200;

test('two hundred processes get one lock one after another, in the order in which they stand', async () => {
  const daemon = await startDaemon();
  const { call, granted, waiting } = lockCalls(() => daemon);
  const folder = join(daemon.home, 'contest');
  mkdirSync(folder);
  const { token } = await granted('acquire', { name: 'contest', ttl_secs: 3600 });
  const children = Array.from({ length: PROCESSES }, (_, at) =>
    Bun.spawn([process.execPath, CONTENDER, daemon.socket, 'contest', folder, String(at)], { stdio: ['ignore', 'ignore', 'pipe'] }),
  );
  await waiting('contest', PROCESSES);
  const line = (await call('wait_info', { name: 'contest' })).body.waiters.map(({ owner }: { owner: string }) => owner);
  await granted('release', { name: 'contest', token });
  const ends = await Promise.all(children.map(async (child) => ({ code: await child.exited, said: await child.stderr.text() })));
  expect(ends).toEqual(children.map(() => ({ code: 0, said: '' })));
  const rows = readFileSync(join(folder, 'order'), 'utf8').trim().split('\n');
  expect(rows.map((row) => row.split(' ')[0]!)).toEqual(line);
  const fences = rows.map((row) => Number(row.split(' ')[1]));
  expect(fences).toEqual(fences.toSorted((a, b) => a - b));
  // The last one may have ended without a release.
  await granted('acquire', { name: 'contest', timeout_secs: 60 });
}, 120_000);
