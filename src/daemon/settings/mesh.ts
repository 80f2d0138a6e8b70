import { GiB, MiB, setting } from '../setting';

declare module '../setting' {
  interface Values {
    readonly 'mesh.clone_policy': ClonePolicy;
    readonly 'mesh.max_age_hours': number;
    readonly 'mesh.ack_ms': number;
    readonly 'mesh.reconnect_ms': number;
    readonly 'mesh.outbox_max_bytes': number;
    readonly 'mesh.inbox_keep_secs': number;
    readonly 'mesh.keep_sent_bodies': boolean;
    readonly 'mesh.seal_groups': boolean;
    readonly 'mesh.tell_seen': boolean;
  }
}

export type ClonePolicy = 'refuse' | 'warn' | 'allow';

/** The mesh. */
export const meshSettings = [
  setting('mesh.clone_policy', 'refuse', {
    type: 'choice',
    choices: ['refuse', 'warn', 'allow'],
    doc: 'When the keys turn out to be a copy from another machine: refuse to use them until `zd mesh accept-host`, warn, or allow it.',
  }),
  setting('mesh.max_age_hours', 168, { type: 'integer', min: 1, max: 720, doc: 'A message that could not be handed over for so long is given up.' }),
  setting('mesh.ack_ms', 15_000, {
    type: 'integer',
    unit: 'milliseconds',
    min: 100,
    max: 600_000,
    doc: 'How long a broker is given to answer a message before it is sent again.',
  }),
  setting('mesh.reconnect_ms', 1000, {
    type: 'integer',
    unit: 'milliseconds',
    min: 10,
    max: 60_000,
    doc: 'Pause before the first attempt to reach a broker again; it doubles up to half a minute, and half of it is chance.',
  }),
  setting('mesh.outbox_max_bytes', 5 * GiB, {
    type: 'integer',
    unit: 'bytes',
    min: MiB,
    doc: 'Bytes of messages that may wait; from 95 % on further ones are refused, and from 80 % on an event tells of it.',
  }),
  setting('mesh.inbox_keep_secs', 30 * 86_400, {
    type: 'integer',
    unit: 'seconds',
    min: 60,
    max: 3_153_600_000,
    doc: 'How long a message that arrived is kept.',
  }),
  setting('mesh.tell_seen', true, {
    type: 'boolean',
    doc: 'Whether senders are told that their messages were seen here, where the broker is a zd.',
  }),
  setting('mesh.keep_sent_bodies', false, { type: 'boolean', doc: 'Whether the text of a message stays in the outbox after it was handed over.' }),
  setting('mesh.seal_groups', true, {
    type: 'boolean',
    doc: 'Whether messages to groups, topics and everyone are sealed under the key of the mesh, where the broker is a zd. Readers that are no zd cannot open them.',
  }),
];
