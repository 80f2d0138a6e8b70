import { ZdError } from '../../kernel/error';
import { admit } from './admission';
import { compaction } from './compaction';
import type { SessionDeps } from './deps';
import { runEndHooks } from './end_hooks';
import type { SessionEvent } from './event';
import { eventsOf, followBatches } from './follow';
import { Host } from './host';
import { Input } from './input';
import { infoOf, stateOf } from './view';
import { privateFact } from './observe';
import { recover } from './recovery';
import type { SessionRow } from './row';
import type {
  Approval,
  HistoryPage,
  HistoryQuery,
  Injected,
  NewSession,
  Prompt,
  Prompted,
  SessionChange,
  SessionInfo,
  SessionService,
  SessionSince,
  SessionState,
} from './service';
import { settled } from './settled';
import { stopHosts } from './stopping';
import { Upkeep } from './upkeep';
import type { Viewers } from './viewers';

/** How long an agent may take to end before a conversation begins anew. */
const FAREWELL_MS = 3000;
const LIST_PAGE = 500;

/** The session service: what is stored, and a host for each session that is at work. */
export class Sessions implements SessionService {
  readonly input = new Input();
  readonly upkeep: Upkeep;
  private readonly hosts = new Map<string, Host>();
  private stopped = false;

  constructor(
    private readonly deps: SessionDeps,
    private readonly viewers: Viewers,
  ) {
    this.upkeep = new Upkeep(deps, (id) => this.drop(id));
  }

  /** Ends what an earlier run left open. */
  start(): Promise<void> {
    return recover(this.deps);
  }

  /** What was said is stored, then the viewers are told, then the agents end. */
  async stop(): Promise<void> {
    if (this.stopped) return;
    this.stopped = true;
    const hooks = async ({ ref }: Host) => {
      const row = this.deps.table.find(ref.session_id);
      if (row) await runEndHooks(this.deps, { row, reason: 'stopped' });
    };
    await stopHosts([...this.hosts.values()], () => this.viewers.end('shutdown'), hooks, this.deps.log);
  }

  private host(row: SessionRow): Host {
    if (this.stopped) throw new ZdError('shutting_down');
    const { key, session_id } = row;
    const known = this.hosts.get(session_id);
    if (known) return known;
    const host = new Host(this.deps, { key, session_id }, (gone) => void (this.hosts.get(session_id) === gone && this.hosts.delete(session_id)));
    this.hosts.set(session_id, host);
    return host;
  }

  async create(request: NewSession): Promise<SessionInfo> {
    if (this.stopped) throw new ZdError('shutting_down');
    const { db, table, journal, events, clock } = this.deps;
    const { spec, cwd } = admit(this.deps, request);
    const id = request.id ?? crypto.getRandomValues(new Uint8Array(8)).toHex();
    const limit = this.deps.limits().maxSessions;
    const made = await db.write(() => {
      if (table.find(id)) return 'taken';
      if (table.count() >= limit) return 'full';
      const { title = null, model = null, system = null } = request;
      const row = { session_id: id, agent: spec.name, title, cwd, model, system, created_at: clock.now() };
      const key = table.insert(row);
      journal.append({ key, session_id: id }, [{ type: 'system', turn: null, data: { message: `session with ${spec.name} in ${cwd}` } }]);
      events.append(privateFact(id, 'created', { agent: spec.name, title, cwd }));
      return null;
    }, 'full');
    if (made === 'taken') throw new ZdError('conflict', `There is a session "${id}" already.`);
    if (made === 'full') throw new ZdError('too_many', `There are ${limit} sessions, which is the limit; remove some.`, { extra: { limit } });
    return this.info(id);
  }

  private view(row: SessionRow): SessionInfo {
    return infoOf(this.deps, row, this.hosts.get(row.session_id), this.viewers.count(row.session_id));
  }

  list({ agent, state, before, limit }: { agent?: string; state?: SessionState; before?: string; limit: number }): SessionInfo[] {
    const { table } = this.deps;
    const found: SessionRow[] = [];
    let from = before === undefined ? Number.MAX_SAFE_INTEGER : table.get(before).key;
    for (let rows = table.list(from, LIST_PAGE); rows.length > 0 && found.length < limit; rows = table.list(from, LIST_PAGE)) {
      const fits = (row: SessionRow) =>
        (agent === undefined || row.agent === agent) && (state === undefined || stateOf(row, this.hosts.get(row.session_id)) === state);
      found.push(...rows.filter(fits));
      from = rows.at(-1)!.key;
    }
    return found.slice(0, limit).map((row) => this.view(row));
  }

  info(id: string): SessionInfo {
    return this.view(this.deps.table.get(id));
  }

  find(text: string): string | null {
    const { table } = this.deps;
    if (table.find(text)) return text;
    const titled = table.titled(text);
    if (titled.length > 0) return titled.length === 1 ? titled[0]! : null;
    const beginning = text === '' ? [] : table.beginningWith(text);
    return beginning.length === 1 ? beginning[0]! : null;
  }

  prompt(id: string, prompt: Prompt): Promise<Prompted> {
    return this.host(this.deps.table.get(id)).inlet.prompt(prompt);
  }

  inject(id: string, { content, by }: { readonly content: string; readonly by: string }): Promise<Injected> {
    return this.host(this.deps.table.get(id)).inlet.inject(content, by);
  }

  cancel(id: string): Promise<{ turn: number | null; dequeued: number }> {
    return this.host(this.deps.table.get(id)).cancel();
  }

  history(id: string, { since = 0, before, limit, types, raw = false }: HistoryQuery): HistoryPage {
    const { table, journal } = this.deps;
    const row = table.get(id);
    const page = before === undefined ? journal.page(row, since, limit) : journal.tail(row, before, limit);
    const more = page.length > 0 && (before === undefined ? page.at(-1)!.seq < row.last_seq : page[0]!.seq > row.first_seq);
    const wanted = types && new Set(types);
    const events = wanted ? page.filter(({ type }) => wanted.has(type)) : page;
    const raws = raw && page.length > 0 ? journal.raw(row, page[0]!.seq, page.at(-1)!.seq) : new Map<number, string>();
    return { events, raw: raws, firstSeq: row.first_seq, lastSeq: row.last_seq, from: page[0]?.seq ?? 0, to: page.at(-1)?.seq ?? 0, more };
  }

  approvals(id?: string): Approval[] {
    return this.deps.approvals.pending(id === undefined ? undefined : this.deps.table.get(id).key);
  }

  answer(id: string, { approvalId, optionId, by, note = null }: Parameters<SessionService['answer']>[1]): Promise<Approval> {
    const host = this.host(this.deps.table.get(id));
    return host.approvals.answer(approvalId, optionId, by, note).finally(() => host.retire(null));
  }

  async change(id: string, change: SessionChange): Promise<SessionInfo> {
    const { db, table, events } = this.deps;
    const row = table.get(id);
    const only = Object.keys(change).every((name) => name === 'title');
    if (!only && this.hosts.get(id)?.isBusy) throw new ZdError('busy', 'A turn is under way: the change would hold for half of it.');
    await db.write(() => {
      table.set(table.at(row.key) ?? row, change);
      if (change.title !== undefined) events.append(privateFact(id, 'renamed', { title: change.title }));
    }, 'full');
    return this.info(id);
  }

  async clear(id: string, by: string): Promise<SessionInfo> {
    const row = this.deps.table.get(id);
    const host = this.host(row);
    host.row();
    await host.idle(async () => {
      await host.dismiss(FAREWELL_MS);
      await this.deps.db.write(() => {
        const [event] = this.deps.journal.append(row, [{ type: 'cleared', turn: null, data: { by } }]);
        const now = this.deps.table.at(row.key);
        if (!now || !event) return;
        this.deps.table.set(now, { context_seq: event.seq, summary: null, agent_session: null, auto_turns: 0 });
        this.deps.table.zero(row.key);
        this.deps.events.append(privateFact(id, 'cleared', {}));
      }, 'full');
    });
    return this.info(id);
  }

  compact(id: string, request: { readonly instructions?: string; readonly by: string }): Promise<Prompted> {
    const host = this.host(this.deps.table.get(id));
    return host.begin(compaction(this.deps, host.row(), request));
  }

  async close(id: string): Promise<SessionInfo> {
    const { db, table, events, clock, journal } = this.deps;
    const row = table.get(id);
    if (row.closed_at === null) {
      await this.host(row).close();
      await db.write(() => {
        const now = table.at(row.key);
        if (!now || now.closed_at !== null) return;
        table.set(now, { closed_at: clock.now() });
        journal.append(row, [{ type: 'system', turn: null, data: { message: 'session closed' } }]);
        events.append(privateFact(id, 'closed', {}));
      }, 'full');
      await runEndHooks(this.deps, { row, reason: 'closed' });
    }
    return this.info(id);
  }

  async remove(id: string, force = false): Promise<void> {
    const row = this.deps.table.get(id);
    if (row.closed_at === null && !force) throw new ZdError('busy', `The session "${id}" is open: close it first, or force its removal.`);
    if (row.closed_at === null) await this.host(row).close();
    await this.drop(id);
  }

  private async drop(id: string): Promise<void> {
    const { db, table, events } = this.deps;
    const row = table.find(id);
    if (!row) return;
    await this.upkeep.empty(row);
    await db.write(() => {
      table.remove(row.key);
      events.append(privateFact(id, 'removed', {}));
    }, 'full');
    this.viewers.end('removed', id);
  }

  batches(id: string, since: SessionSince, signal: AbortSignal): AsyncGenerator<readonly SessionEvent[]> {
    if (this.stopped) throw new ZdError('shutting_down');
    const { table, journal, clock } = this.deps;
    const row = table.get(id);
    return followBatches({ log: journal, viewers: this.viewers, now: () => clock.now(), row: () => table.find(id) }, row, since, signal);
  }

  follow(id: string, since: SessionSince, signal: AbortSignal): AsyncGenerator<SessionEvent> {
    return eventsOf(this.batches(id, since, signal));
  }

  settled(id: string, turn: number, signal?: AbortSignal): Promise<SessionInfo> {
    const host = this.hosts.get(id);
    return (host ? settled(host, turn, signal) : Promise.resolve()).then(() => this.info(id));
  }
}
