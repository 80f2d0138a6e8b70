import type { ServerWebSocket } from 'bun';
import type { Caller, Scope } from '../../kernel/caller';
import { requireScope } from '../../kernel/dispatch';
import { ZdError } from '../../kernel/error';
import { renew, type AccessRules } from '../access';
import { END_HINTS, type EndReason } from '../connections';
import { Socket, type SocketDeps } from '../socket';
import type { Query } from '../url';
import { offers, type Peer } from '../ws';
import { serverFrame } from './frames';
import { Viewer, type Line, type ViewerDeps } from './viewer';

/** Who offers it looks at a session from the beginning. */
export const SESSION_PROTOCOL = 'zd.session';
const SCOPE: Scope = 'session.read';
/** How long a client may take to answer the closing handshake. */
const CLOSE_MS = 500;
const POLICY = 1008;

export type WsPeerDeps = SocketDeps & ViewerDeps & { readonly rules: () => AccessRules };

/** Which session a handshake asks for: undefined for none, null for the default one. Throws `no_such_session`, `scope_denied`. */
export function sessionAsked(request: Request, query: Query, caller: Caller, { dispatcher }: ViewerDeps): string | null | undefined {
  const name = query.get('session')?.[0];
  if (name === undefined && !offers(request, SESSION_PROTOCOL)) return undefined;
  requireScope(caller, SCOPE);
  if (!name) return null;
  const id = dispatcher.services.sessions.find(name);
  if (id === null) throw new ZdError('no_such_session', `No session, or more than one, is named "${name.slice(0, 100)}".`);
  return id;
}

/**
 * What comes in at `/ws`: calls of operations, and a viewer of a session from when its client asks for that, in the handshake or with its first frame
 * that has a `type`. Frames with an `op` stay calls.
 */
export class WsPeer implements Peer, Line {
  private readonly calls: Socket;
  private ws: ServerWebSocket<Peer> | undefined;
  private viewer: Viewer | null = null;

  constructor(
    readonly caller: Caller,
    private readonly asked: string | null | undefined,
    private readonly deps: WsPeerDeps,
  ) {
    this.calls = new Socket(caller, deps, (message) => this.look().received(message));
  }

  get signal(): AbortSignal {
    return this.calls.signal;
  }

  get scopes(): readonly Scope[] {
    return this.viewer ? [...this.calls.scopes, SCOPE] : this.calls.scopes;
  }

  opened(ws: ServerWebSocket<Peer>): void {
    this.ws = ws;
    this.calls.opened(ws);
    if (this.asked !== undefined && !this.signal.aborted) this.look().open(this.asked);
  }

  private look(): Viewer {
    if (this.viewer) return this.viewer;
    this.viewer = new Viewer(this.ws!, this, this.deps);
    this.calls.client = this.viewer.client;
    return this.viewer;
  }

  received(message: string | Buffer): void {
    if (this.viewer) this.viewer.received(message);
    else this.calls.received(message);
  }

  call(message: string): void {
    this.calls.received(message);
  }

  renewed(): Caller | null {
    const caller = renew(this.caller, this.deps.rules());
    if (!caller) this.revoke('token_removed');
    return caller;
  }

  drained(): void {
    this.calls.drained();
    this.viewer?.drained();
  }

  closed(): void {
    this.calls.closed();
  }

  revoke(reason: EndReason): void {
    if (!this.viewer) return this.calls.revoke(reason);
    const { session } = this.viewer;
    const frame = { type: 'error', message: END_HINTS[reason], code: reason === 'scope_lost' ? 'scope_denied' : 'unauthorized' } as const;
    this.ws?.send(serverFrame(frame, session, this.deps.dispatcher.services.clock.now()));
    this.end(POLICY, reason);
  }

  drain(): void {
    if (this.viewer) this.viewer.drain();
    else this.calls.drain();
  }

  end(code: number, reason: string): void {
    const { ws } = this;
    if (this.signal.aborted) return;
    ws?.close(code, reason);
    setTimeout(() => ws?.terminate(), CLOSE_MS).unref();
    this.calls.closed();
  }
}
