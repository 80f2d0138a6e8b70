import { defineOp } from '../../kernel/op';
import { nullable, strict, t } from '../../kernel/schema';
import type {} from '../ask/service';
import { ShellId, Tag } from './schema';
import './service';

export const listShells = defineOp({
  name: 'list_shells',
  summary: 'List the registered shells whose process lives.',
  description: 'By their number. When `next_cursor` is not null, the next page is the same call with `cursor` set to it.',
  scope: 'shell.read',
  effect: 'read',
  input: strict({
    tag: t.Optional(Tag),
    limit: t.Optional(t.Integer({ minimum: 1, maximum: 10_000, default: 1000 })),
    cursor: t.Optional(t.String({ pattern: '^[1-9]\\d{0,14}$', description: '`next_cursor` of the page before.' })),
  }),
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
    total: t.Integer({ minimum: 0, description: 'Shells in all, whatever the page.' }),
    next_cursor: nullable(t.String()),
  }),
  errors: [],
  cli: {
    path: ['shell', 'list'],
    table: { rows: 'shells', columns: ['shell_id', 'pid', 'tty', 'uptime_secs', 'tags', 'ask_pending', 'accept_send', 'cwd'] },
  },
  example: {},
  handle: ({ shells, asks, clock }, { tag, limit = 1000, cursor }) => {
    const found = shells.living().filter(({ tags }) => tag === undefined || tags.includes(tag));
    const rest = cursor === undefined ? found : found.filter(({ id }) => id > Number(cursor));
    const page = rest.slice(0, limit);
    const rows = page.map(({ id, process, tty, cwd, argv0, tags, registeredAt, acceptSend }) => ({
      ...{ shell_id: id, pid: process.pid, tty, cwd, argv0, tags: [...tags] },
      login_time: new Date(registeredAt).toISOString().replace('Z', '+00:00'),
      uptime_secs: Math.max(0, Math.floor((clock.now() - registeredAt) / 1000)),
      connections: shells.connectionsOf(id),
      ask_pending: asks.pendingCount(id),
      accept_send: acceptSend,
    }));
    return { shells: rows, total: found.length, next_cursor: rest.length > page.length ? String(page.at(-1)!.id) : null };
  },
});
