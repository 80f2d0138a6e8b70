import { conversation } from './conversation';
import type { SessionDeps } from './deps';
import type { DriverHost } from './driver';
import type { Host } from './host';
import { observe } from './observe';
import { count } from './updates';

/** What the driver of a session may do to it. */
export function driverHost(deps: SessionDeps, host: Host): DriverHost {
  const { db, table, clock, events, log } = deps;
  const { ref } = host;
  return {
    row: () => table.get(ref.session_id),
    put(update) {
      const { turn } = host;
      const seen = turn && count(turn, update, clock.monotonic(), ref);
      if (seen) observe(events, log, seen);
      host.journal.put({ ...update, turn: turn?.number ?? null });
    },
    ready: () => host.journal.ready(),
    async ask(request) {
      const { turn } = host;
      if (!turn) return null;
      await host.journal.flush();
      return host.approvals.ask(turn.number, request, turn.abort.signal);
    },
    conversation: () => conversation(deps.journal, table.get(ref.session_id), host.turn?.seq ?? Number.MAX_SAFE_INTEGER),
    setAgentSession: (id) =>
      db.write(() => {
        const row = table.at(ref.key);
        if (row) table.set(row, { agent_session: id });
      }, 'normal'),
    setProcess: (process) => db.write(() => table.setProcess(ref.key, process), 'normal'),
    lost(driver, fault) {
      if (host.driver !== driver) return;
      host.driver = null;
      if (!host.turn) host.journal.put({ type: 'notice', turn: null, data: { text: fault.message } });
    },
  };
}
