import { join } from 'node:path';
import { ApprovalTable } from '../../src/areas/session/approval_table';
import type { SessionLimits } from '../../src/areas/session/deps';
import type { Driver, DriverHost, Message } from '../../src/areas/session/driver';
import { SessionLog } from '../../src/areas/session/log';
import { SessionTable } from '../../src/areas/session/session_table';
import { Sessions } from '../../src/areas/session/sessions';
import { Starts } from '../../src/areas/session/starts';
import { Viewers } from '../../src/areas/session/viewers';
import type { EventDraft, EventService } from '../../src/kernel/context';
import { systemClock } from '../../src/kernel/clock';
import { Db } from '../../src/storage/db';
import { zdMigrations } from '../../src/storage/migrations';
import { tempHome } from './daemon';

/** The session service over a real database, with an agent that is a function: it gets the prompt and what was said before. */
export type Acts = (text: string, host: DriverHost, signal: AbortSignal, before: readonly Message[]) => Promise<string> | string;

export function sessionRig(acts: Acts, more: Partial<SessionLimits> = {}) {
  const home = tempHome();
  const db = new Db(join(home, 'zd.db'), { migrations: zdMigrations, durability: 'normal' });
  const published: EventDraft[] = [];
  const logged: string[] = [];
  const log = { debug: () => {}, info: () => {}, warn: (msg: string) => void logged.push(msg), error: (msg: string) => void logged.push(msg) };
  const events = {
    append: (draft: EventDraft) => void published.push(draft),
    publish: async (draft: EventDraft) => void published.push(draft),
  } as unknown as EventService;
  const limits: SessionLimits = {
    ...{ maxSessions: 10, maxBytes: 1e9, maxQueued: 4, promptBytes: 1e6, keepClosedMs: 1e9, startMs: 1e5, idleMs: 1e5, cancelMs: 1e5 },
    ...{ parkMs: 1e5, approvalMs: 1e5, autoTurnCap: 2 },
    ...more,
  };
  let drivers = 0;
  let open = 0;
  const makeDriver = (_: unknown, host: DriverHost): Driver => {
    drivers++;
    open++;
    let closed = false;
    return {
      pid: null,
      starting: false,
      run: async (text, signal) => ({ stopReason: await acts(text, host, signal, host.conversation()) }),
      close: async () => {
        if (!closed) open--;
        closed = true;
      },
    };
  };
  const viewers = new Viewers(() => ({ events: 1000, bytes: 1e6 }));
  const sessions = new Sessions(
    {
      ...{ db, clock: systemClock, log, events, table: new SessionTable(db), approvals: new ApprovalTable(db) },
      journal: new SessionLog(db, systemClock, viewers.deliver),
      limits: () => limits,
      agents: () => [
        {
          name: 'fake',
          driver: 'openai',
          base_url: 'http://a.test',
          model: 'm-1',
          api_key_env: null,
          system: null,
          cwd: '/',
          roots: [],
          endHooks: [],
        },
      ],
      makeDriver,
      ...{ starts: new Starts(() => Date.now()), environment: {} },
      desk: { judge: () => null, asked: () => {}, settled: () => {} },
    },
    viewers,
  );
  const told = (id: string) => sessions.history(id, { limit: 10_000 }).events.map(({ type, turn, data }) => ({ type, turn, data }));
  /** A turn to its end. */
  const say = async (id: string, text: string) => {
    const { turn } = await sessions.prompt(id, { text, by: 'test' });
    await sessions.settled(id, turn!);
    return told(id).filter((event) => event.turn === turn);
  };
  return { sessions, db, published, logged, say, told, drivers: () => drivers, openDrivers: () => open };
}
