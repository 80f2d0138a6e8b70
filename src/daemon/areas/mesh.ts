import { dirname, join } from 'node:path';
import type { Enroller, EnrollerOptions } from '../../areas/mesh/enroller';
import { Inbox } from '../../areas/mesh/inbox';
import { InboxStore } from '../../areas/mesh/inbox_store';
import { Keyring } from '../../areas/mesh/keyring';
import { Meshes } from '../../areas/mesh/meshes';
import { Outbox } from '../../areas/mesh/outbox';
import { OutboxAdmin } from '../../areas/mesh/outbox_admin';
import { OutboxStore } from '../../areas/mesh/outbox_store';
import { Receipts } from '../../areas/mesh/receipts';
import type { MeshService } from '../../areas/mesh/service';
import { Slack } from '../../areas/mesh/slack';
import { SeenReportStore } from '../../areas/mesh/seen_report_store';
import { Sessions } from '../../areas/mesh/sessions';
import { Wishes } from '../../areas/mesh/wishes';
import { ZdError } from '../../kernel/error';
import { brokerFiles, localBroker } from '../../broker/files';
import { periodic } from '../../kernel/periodic';
import type { Ground } from '../ground';
import { writePrivate } from '../private_file';
import { readToken } from '../token';

const UPKEEP_MS = 5000;

export function composeMesh({ zdDb, events, clock, log, paths, config, parts, onStart, onStop }: Ground): MeshService {
  const limits = () => ({
    ackMs: config.value('mesh.ack_ms'),
    reconnectMs: config.value('mesh.reconnect_ms'),
    keepBodies: config.value('mesh.keep_sent_bodies'),
    sealGroups: config.value('mesh.seal_groups'),
    maxBytes: config.value('mesh.outbox_max_bytes'),
    maxAgeMs: config.value('mesh.max_age_hours') * 3_600_000,
  });
  const folder = join(dirname(paths.zdDb), 'mesh');
  const store = new OutboxStore(zdDb, events);
  const reports = new SeenReportStore(zdDb);
  const arrived = new InboxStore(zdDb, events, reports);
  const rows = new OutboxAdmin(store);
  const wishes = new Wishes(zdDb);
  let kept = false;
  const meshes: Meshes = new Meshes({
    ...{ db: zdDb, outbox: store, inbox: arrived, wishes, reports, events, clock, log, limits, parts },
    keyring: new Keyring(folder, writePrivate),
    write: writePrivate,
    clonePolicy: () => config.value('mesh.clone_policy'),
    attached: (mesh) => {
      // A daemon without a mesh has nothing to keep up.
      if (!kept) parts.add(upkeep);
      kept = true;
      sessions.attached(mesh);
    },
    ended: (row) => outbox.ended(row),
    pace: () => outbox.pace(),
    receipts: (mesh, seen) => receipts.seen(mesh, seen),
  });
  const outbox = new Outbox(zdDb, store, rows, meshes, events, clock, limits);
  const inbox = new Inbox(zdDb, arrived, clock, log, {
    reports,
    keepMs: () => config.value('mesh.inbox_keep_secs') * 1000,
    tellSeen: () => config.value('mesh.tell_seen'),
    seen: () => meshes.all().forEach((mesh) => mesh.seen.wake()),
  });
  const receipts = new Receipts(zdDb, rows, meshes, outbox, clock);
  const sessions = new Sessions(meshes, folder, writePrivate, clock, log);
  const handled = () => meshes.all().reduce((sum, { counters }) => sum + counters.acks + counters.received, outbox.accepted);
  const slack = new Slack(handled, () => {
    zdDb.sqlite.run('PRAGMA shrink_memory');
    Bun.shrink();
  });
  const upkeep = periodic('mesh_upkeep', UPKEEP_MS, async () => {
    sessions.reap();
    await outbox.upkeep();
    await inbox.upkeep();
    slack.look();
  });
  onStart(async () => {
    sessions.start();
    meshes.start();
    if (meshes.list().length > 0) await outbox.recover();
  });
  onStop(() => meshes.stop());
  let loaded: Enroller | undefined;
  const enrolling: EnrollerOptions = {
    book: meshes,
    clock,
    localBroker: () => localBroker(brokerFiles(paths), readToken),
    tokenIn: (file) => {
      try {
        return readToken(file);
      } catch (error) {
        throw new ZdError('bad_args', `/token_file: ${error instanceof Error ? error.message : String(error)}`, { path: '/token_file' });
      }
    },
  };
  const enroller = async () => (loaded ??= new (await import('../../areas/mesh/enroller')).Enroller(enrolling));
  return { meshes, outbox, inbox, rows, wishes, sessions, receipts, enroller };
}
