import { expect, test } from 'bun:test';
import { startDaemon } from '../helper/daemon';

const RECORDS = 2500;

test('a snapshot is of one moment, whatever is recorded while it is made, and others are served meanwhile', async () => {
  const daemon = await startDaemon();
  const ingest = (turn: number) => {
    const events = Array.from({ length: RECORDS }, (_, at) => ({ order_idx: at, ts_ns: 1, kind: 'alias', name: `a${at}`, value: `turn ${turn}` }));
    return daemon.call('recorder_ingest', { shell_id: 'zsh', started_at_ns: 1, finished_at_ns: turn, events });
  };
  expect((await ingest(0)).status).toBe(200);
  let over = false;
  const recording = (async () => {
    for (let turn = 1; !over; turn++) expect((await ingest(turn)).status).toBe(200);
  })();
  const tags = ['one', 'two', 'three'];
  for (const tag of tags) expect((await daemon.call('snapshot_save', { tag })).body.total_rows).toBe(RECORDS);
  over = true;
  await recording;
  for (const tag of tags) {
    expect((await daemon.call('snapshot_load', { tag })).body.rows_restored).toBe(RECORDS);
    const values = new Set<string>();
    for (let cursor: string | undefined; ;) {
      const { body } = await daemon.call('definitions_query', { kind: 'alias', limit: 1000, ...(cursor ? { cursor } : {}) });
      for (const { value } of body.records) values.add(value);
      if (!body.next_cursor) break;
      cursor = body.next_cursor;
    }
    expect(values.size).toBe(1);
  }
}, 180_000);
