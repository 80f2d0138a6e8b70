import { expect, test } from 'bun:test';
import { startDaemon, type TestDaemon } from '../helper/daemon';

const names = async (daemon: TestDaemon) => {
  const { records } = (await daemon.call('definitions_query')).body as { records: { name: string; value: string }[] };
  return [...new Set(records.map(({ value }) => value))];
};
const fill = async (daemon: TestDaemon, value: string) => {
  const events = Array.from({ length: 200 }, (_, at) => ({ order_idx: at + 1, ts_ns: 1, kind: 'alias', name: `a${at}`, value }));
  expect((await daemon.call('recorder_ingest', { started_at_ns: 1, finished_at_ns: 2, shell_id: 'zsh', events })).status).toBe(200);
};

/** Commits a load of so many rows waits for; the last one makes them hold. */
const COMMITS = 3;

test('killed at any commit of a load, all of the old state is there, until the last one, and then all of the new one', async () => {
  const daemon = await startDaemon({ source: true });
  await fill(daemon, 'new');
  expect((await daemon.call('snapshot_save', { tag: 'new' })).status).toBe(200);
  await fill(daemon, 'old');
  for (let commit = 1; commit <= COMMITS; commit++)
    for (const failpoint of ['storage.before_commit', 'storage.after_commit']) {
      const state = commit === COMMITS && failpoint === 'storage.after_commit' ? 'new' : 'old';
      await daemon.restart({ ZD_FAILPOINTS: `${failpoint}=kill@+${commit}` });
      await daemon.call('snapshot_load', { tag: 'new' }).catch(() => undefined);
      await daemon.ended();
      await daemon.restart({});
      expect([failpoint, commit, await names(daemon)]).toEqual([failpoint, commit, [state]]);
      const told = (await daemon.call('event_list', { topic: 'snapshot.loaded' })).body.events.length;
      expect([failpoint, told]).toEqual([failpoint, state === 'new' ? 1 : 0]);
    }
}, 180_000);
