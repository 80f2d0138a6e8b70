import { expect, test } from 'bun:test';
import { renameSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { startDaemon, tempHome } from '../helper/daemon';
import { LEASE } from '../helper/runtime_rig';

test('a wall clock that jumps makes no living session stale, and none live for ever', async () => {
  const home = tempHome();
  const file = join(home, 'clock');
  const set = (shift: number) => {
    writeFileSync(`${file}.new`, String(shift));
    renameSync(`${file}.new`, file);
  };
  set(0);
  const preload = resolve(import.meta.dir, '../helper/shifted_clock.ts');
  const daemon = await startDaemon({ source: true, home, env: { ZD_TEST_CLOCK: file, BUN_OPTIONS: `--preload=${preload}` } });
  const lifecycle = async (input: object) => (await daemon.call('ccd_session_lifecycle', { session_id: 's', lease_token: LEASE, ...input })).body;
  await lifecycle({ command: 'start-session', lease_secs: 600 });
  for (const day of [86_400_000, -86_400_000]) {
    set(day);
    expect((await daemon.call('runtime_sessions')).body.sessions).toMatchObject([{ state: 'active' }]);
    await daemon.kill();
    await daemon.restart();
    const { sessions } = (await daemon.call('runtime_sessions')).body;
    expect(sessions).toMatchObject([{ state: 'active' }]);
    const left = sessions[0].expires_at_ns / 1e9 - (Date.now() + day) / 1000;
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThan(601);
    expect((await lifecycle({ command: 'heartbeat-session' })).session.state).toBe('active');
  }
});
