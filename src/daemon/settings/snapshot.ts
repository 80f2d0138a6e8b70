import { setting } from '../setting';

declare module '../setting' {
  interface Values {
    readonly 'snapshot.registry': string;
    readonly 'snapshot.registry_token': string;
  }
}

/** Snapshots. */
export const snapshotSettings = [
  setting('snapshot.registry', '', {
    type: 'text',
    runtimeSettable: false,
    doc: 'Where snapshots are published to and pulled from: an absolute folder, a file: or an https: address; empty for nowhere.',
  }),
  setting('snapshot.registry_token', '', {
    type: 'secret',
    env: null,
    runtimeSettable: false,
    doc: 'Bearer token for that registry, when it is a server. Sent there and nowhere else.',
  }),
];
