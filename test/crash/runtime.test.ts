import { expect, test } from 'bun:test';
import { startDaemon, type TestDaemon } from '../helper/daemon';
import { hearRuntime, LEASE } from '../helper/runtime_rig';

const SESSION = { session_id: 's', profile: 'p', lease_token: LEASE };

interface Known {
  readonly checkpoints: Map<string, number>;
  readonly approvals: Map<number, 'pending' | 'allowed' | 'denied'>;
  revision: number;
}

/** Leaves checkpoints, asks, answers and compacts until the daemon is gone; knows exactly what was acknowledged. */
async function workUntilDead(daemon: TestDaemon, known: Known, round: string, killAfter: number): Promise<void> {
  let dead = false;
  let count = 0;
  const work = async (lane: number) => {
    for (let at = 0; !dead; at++) {
      const key = `${round}-${lane}-${at}`;
      try {
        const saved = await daemon.call('ccd_state', { command: 'checkpoint', ...SESSION, key, state: { key } });
        if (saved.status === 200) known.checkpoints.set(key, saved.body.checkpoint.number);
        const asked = await daemon.call('ccd_state', { command: 'policy-check', tool: 'Bash', arguments: { command: key }, ask: true });
        const id = asked.body.approval.approval_id as number;
        known.approvals.set(id, 'pending');
        const decision = at % 3 === 0 ? 'allow' : at % 3 === 1 ? 'deny' : null;
        if (decision !== null) {
          // Asked for: it may be answered or not when the reply never came.
          known.approvals.delete(id);
          if ((await daemon.call('approvals_answer', { approval_id: id, decision })).status === 200)
            known.approvals.set(id, decision === 'allow' ? 'allowed' : 'denied');
        }
        const compacted = await daemon.call('ccd_memory', { command: 'memory-compact', profile: 'p', entries: [{ key, text: key }] });
        known.revision = Math.max(known.revision, compacted.body.write_result.revision as number);
        if (++count === killAfter) void daemon.kill();
      } catch {
        dead = true;
      }
    }
  };
  await Promise.all([0, 1, 2, 3].map(work));
  await daemon.ended();
}

async function expectAll(daemon: TestDaemon, { checkpoints, approvals, revision }: Known): Promise<void> {
  const stored = (await daemon.call('runtime_checkpoints', { session_id: 's', limit: 1000 })).body.checkpoints as { key: string; number: number }[];
  const numbers = new Map(stored.map(({ key, number }) => [key, number]));
  for (const [key, number] of checkpoints) expect([key, numbers.get(key)]).toEqual([key, number]);
  expect(stored.map(({ number }) => number)).toEqual(stored.map((_, at) => stored.length - at));
  const asked = (await daemon.call('approvals_list', { state: 'all', limit: 1000 })).body.approvals as { approval_id: number; state: string }[];
  const states = new Map(asked.map(({ approval_id, state }) => [approval_id, state]));
  for (const [id, state] of approvals) expect([id, states.get(id)]).toEqual([id, state]);
  expect((await daemon.call('runtime_memory', { profile: 'p' })).body.revision).toBeGreaterThanOrEqual(revision);
  expect((await daemon.call('ccd_session_lifecycle', { command: 'heartbeat-session', ...SESSION })).body.session).toMatchObject({
    state: 'active',
    generation: 1,
  });
  // Each stored checkpoint has its event: they are one transaction.
  const heard = await hearRuntime(daemon, '?since=earliest&family=runtime.checkpoint');
  for (const { number } of stored.toReversed()) expect((await heard.next()).data.payload.checkpoint.number).toBe(number);
  heard.close();
}

test('acknowledged checkpoints, approvals, answers and memory survive kill -9 at any moment, each with its event', async () => {
  const daemon = await startDaemon({ config: '[runtime]\nkeep_checkpoints = 1000\n' });
  await daemon.call('ccd_session_lifecycle', { command: 'start-session', ...SESSION, lease_secs: 3600 });
  const known: Known = { checkpoints: new Map(), approvals: new Map(), revision: 0 };
  for (const round of [0, 1, 2]) {
    await workUntilDead(daemon, known, `r${round}`, 10 + 13 * round);
    await daemon.restart();
    await expectAll(daemon, known);
  }
  expect(known.checkpoints.size).toBeGreaterThan(50);
});

for (const failpoint of ['storage.before_commit', 'storage.after_commit']) {
  test(`and a death at ${failpoint}`, async () => {
    const daemon = await startDaemon({ source: true, config: '[runtime]\nkeep_checkpoints = 1000\n' });
    await daemon.call('ccd_session_lifecycle', { command: 'start-session', ...SESSION, lease_secs: 3600 });
    const known: Known = { checkpoints: new Map(), approvals: new Map(), revision: 0 };
    for (const nth of [2, 5, 11]) {
      await daemon.restart({ ZD_FAILPOINTS: `${failpoint}=kill@+${nth}` });
      await workUntilDead(daemon, known, `n${nth}`, 1_000_000);
      await daemon.restart({});
      await expectAll(daemon, known);
    }
  });
}

test('a lease goes on after a restart, and a session nobody comes back to still turns stale', async () => {
  const daemon = await startDaemon();
  await daemon.call('ccd_session_lifecycle', { command: 'start-session', session_id: 'short', lease_token: LEASE, lease_secs: 1 });
  await daemon.kill();
  await daemon.restart();
  const heard = await hearRuntime(daemon, '?since=earliest&family=runtime.status');
  const kinds: string[] = [];
  while (kinds.at(-1) !== 'session_stale') kinds.push((await heard.next()).data.kind);
  expect(kinds).toEqual(['start_session', 'session_stale']);
  heard.close();
});
