import { defineOp } from '../../kernel/op';
import { nullable, strict, t } from '../../kernel/schema';
import type {} from '../ask/service';
import { ShellId, Tag } from './schema';
import './service';

export const listShells = defineOp({
  name: 'list_shells',
  summary: 'List the registered shells whose process lives.',
  scope: 'shell.read',
  effect: 'read',
  input: strict({ tag: t.Optional(Tag) }),
  output: strict({
    shells: t.Array(
      strict({
        shell_id: ShellId,
        pid: t.Integer(),
        tty: nullable(t.String()),
        cwd: nullable(t.String()),
        argv0: nullable(t.String()),
        tags: t.Array(t.String()),
        login_time: t.String({ description: 'When it registered, RFC 3339 in UTC.' }),
        uptime_secs: t.Integer({ minimum: 0 }),
        connections: t.Integer({ minimum: 0 }),
        ask_pending: t.Integer({ minimum: 0, description: 'Questions that wait for its user.' }),
        accept_send: t.Boolean({ description: 'Whether it runs commands it is sent.' }),
      }),
    ),
    total: t.Integer({ minimum: 0 }),
  }),
  errors: [],
  cli: {
    path: ['shell', 'list'],
    table: { rows: 'shells', columns: ['shell_id', 'pid', 'tty', 'uptime_secs', 'tags', 'ask_pending', 'accept_send', 'cwd'] },
  },
  example: {},
  handle: ({ shells, asks, clock }, { tag }) => {
    const found = shells.living().filter(({ tags }) => tag === undefined || tags.includes(tag));
    const rows = found.map(({ id, process, tty, cwd, argv0, tags, registeredAt, acceptSend }) => ({
      ...{ shell_id: id, pid: process.pid, tty, cwd, argv0, tags: [...tags] },
      login_time: new Date(registeredAt).toISOString().replace('Z', '+00:00'),
      uptime_secs: Math.max(0, Math.floor((clock.now() - registeredAt) / 1000)),
      connections: shells.connectionsOf(id),
      ask_pending: asks.pendingCount(id),
      accept_send: acceptSend,
    }));
    return { shells: rows, total: rows.length };
  },
});
