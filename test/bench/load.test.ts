import { afterAll, expect, test } from 'bun:test';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { load } from '../../scripts/bench/clients';
import type { LoadPlan } from '../../scripts/bench/load';
import { startBare } from '../../scripts/bench/servers';
import { until } from '../helper/until';

const folder = mkdtempSync('/tmp/zd-');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const plan = (unix: string): LoadPlan => ({
  target: { unix },
  protocol: 'http',
  kind: 'get',
  connections: 2,
  millis: 50,
  warmupMillis: 10,
  token: null,
});

test('a load client whose server never answers is ended and reported, and leaves no process', async () => {
  const unix = join(folder, 'silent.sock');
  let open = 0;
  const server = Bun.listen({ unix, socket: { open: () => void open++, close: () => void open--, data() {} } });
  await expect(load(plan(unix), 1500)).rejects.toThrow('the load client (http get, 2 connections) hung and was ended after 1560 ms');
  // The system closes what an ended process had open.
  await until('its connections are gone', () => open === 0);
  server.stop(true);
});

test('the bare server answers the bytes it was given, is measured like any other, and is gone afterwards', async () => {
  let home: string;
  {
    await using bare = await startBare('{"ok":true}');
    home = bare.home;
    const ask = (init: RequestInit) => fetch('http://bare/op/cache_get', { unix: bare.unix.unix, method: 'POST', ...init });
    expect(await (await ask({ body: '{}' })).text()).toBe('{"ok":true}');
    const { replies, perSecond, p50 } = await load(plan(bare.unix.unix));
    expect(replies).toBeGreaterThan(0);
    expect(perSecond).toBeGreaterThan(0);
    expect(p50).toBeGreaterThan(0);
  }
  expect(existsSync(home)).toBe(false);
});
