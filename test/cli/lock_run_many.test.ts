import { expect, test } from 'bun:test';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cleanEnv, startDaemon, ZD } from '../helper/daemon';
import { lockCalls } from '../helper/locks';

/** The source takes a multiple of the program's time to start; the program itself is run as often as people would. */
const PROCESSES = process.env.ZD_BIN ? 200 : 30;

test('many commands under one lock run one after another, in the order in which they stand', async () => {
  const daemon = await startDaemon();
  const { call, granted, waiting } = lockCalls(() => daemon);
  const folder = join(daemon.home, 'contest');
  mkdirSync(folder);
  const { token } = await granted('acquire', { name: 'contest', ttl_secs: 3600 });
  // mkdir fails when somebody else is inside.
  const script = 'mkdir inside && echo "$1 $ZD_LOCK_FENCE" >> order && rmdir inside';
  const children = Array.from({ length: PROCESSES }, (_, at) =>
    Bun.spawn([...ZD, 'lock', 'run', 'contest', '--owner', String(at), '--', 'sh', '-c', script, 'sh', String(at)], {
      env: cleanEnv(daemon.home),
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
    }),
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
}, 120_000);
