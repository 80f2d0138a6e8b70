import { grants, type Caller, type Scope } from '../kernel/caller';
import { renew, type AccessRules } from './access';
import { StreamSlots, type StreamLimits } from './stream_slots';

/** Why a connection is ended although its client would go on. */
export type EndReason = 'token_removed' | 'scope_lost';

export const END_HINTS: Readonly<Record<EndReason, string>> = {
  token_removed: 'The token of this connection is no longer valid. Connect with one that is.',
  scope_lost: 'The token of this connection no longer grants what it needs.',
};

/** A stream or socket that is open. */
export interface Member {
  readonly caller: Caller;
  /** What its token must go on granting. */
  readonly scopes: readonly Scope[];
  revoke(reason: EndReason): void;
}

/** Every open stream and socket: how many there may be, and which may stay when the configuration changes. */
export class Connections {
  private readonly members = new Set<Member>();
  private readonly slots: StreamSlots;

  constructor(counters: { streamOpened(): void; streamClosed(): void }) {
    this.slots = new StreamSlots(counters);
  }

  get open(): number {
    return this.slots.open;
  }

  /** Takes a slot or throws `too_many`; the returned function gives it back and must be called once. */
  admit(caller: Caller, limits: StreamLimits): () => void {
    return this.slots.admit(caller, limits);
  }

  /** Watches over a connection until the returned function is called. */
  add(member: Member): () => void {
    this.members.add(member);
    return () => void this.members.delete(member);
  }

  /** Ends the connections whose token is gone or no longer grants what they need. */
  review(rules: AccessRules): void {
    for (const member of [...this.members]) {
      const caller = renew(member.caller, rules);
      if (!caller) member.revoke('token_removed');
      else if (!member.scopes.every((scope) => grants(caller.scopes, scope))) member.revoke('scope_lost');
    }
  }
}
