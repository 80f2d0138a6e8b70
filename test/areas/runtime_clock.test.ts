import { expect, test } from 'bun:test';
import { ClockedDaemon } from '../helper/daemon_clock';
import { LEASE } from '../helper/runtime_rig';

test('a wall clock that jumps makes no living session stale, and none live for ever', async () => {
  const clock = new ClockedDaemon();
  clock.shift(0);
  const daemon = await clock.start();
  const lifecycle = async (input: object) => (await daemon.call('ccd_session_lifecycle', { session_id: 's', lease_token: LEASE, ...input })).body;
  await lifecycle({ command: 'start-session', lease_secs: 600 });
  for (const day of [86_400_000, -86_400_000]) {
    clock.shift(day);
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
