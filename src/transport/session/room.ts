import type { Input } from '../../areas/session/input';
import { FrameFault, type Mode, type ServerFrame } from './frames';

/** One who looks at a session through a socket. */
export interface Guest {
  readonly client: string;
  readonly mode: Mode;
  tell(frame: ServerFrame): void;
}

/** Those who look at one session, and whose input it takes. Lives as long as somebody is in it. */
export class Room {
  private readonly guests = new Set<Guest>();
  /** zd stops: everybody goes, which need not be told one by one. */
  closing = false;

  constructor(
    private readonly session: string,
    private readonly input: Input,
  ) {}

  /** The client whose input alone is taken; null: that of everybody who does not only observe. */
  get owner(): string | null {
    return this.input.owner(this.session);
  }

  get size(): number {
    return this.guests.size;
  }

  /** The others hear of it; the newcomer does not. */
  enter(guest: Guest): void {
    const clients = this.size + 1;
    this.tell({ type: 'system', message: `client connected (${clients} total)`, code: 'client_joined', client_id: guest.client, clients });
    this.guests.add(guest);
    if (guest.mode === 'takeover') this.own(guest.client, 'takeover');
  }

  leave(guest: Guest): void {
    if (!this.guests.delete(guest) || this.closing) return;
    const clients = this.size;
    this.tell({ type: 'system', message: `client disconnected (${clients} remaining)`, code: 'client_left', client_id: guest.client, clients });
    if (this.owner === guest.client) this.own(null, 'left');
  }

  /** The guest has another mode now: takes the input over, or gives it back. */
  changed(guest: Guest): void {
    if (guest.mode === 'takeover') this.own(guest.client, 'takeover');
    else if (this.owner === guest.client) this.own(null, 'released');
  }

  private own(to: string | null, reason: 'takeover' | 'released' | 'left'): void {
    const from = this.owner;
    if (from === to) return;
    this.input.give(this.session, to);
    this.tell({ type: 'input_owner_changed', from, to, reason });
  }

  /** Throws `not_owner` for who only observes. Whether the input is another's is for the operations to say, which everybody's input goes through. */
  demand({ mode }: Guest): void {
    if (mode === 'observe') throw new FrameFault('not_owner', 'This client only observes.', undefined, { input_owner: this.owner });
  }

  tell(frame: ServerFrame, except?: Guest): void {
    for (const guest of this.guests) if (guest !== except) guest.tell(frame);
  }
}

/** A room for each session that somebody looks at. */
export class Rooms {
  private readonly bySession = new Map<string, Room>();

  constructor(private readonly input: Input) {}

  enter(session: string, guest: Guest): Room {
    let room = this.bySession.get(session);
    if (!room) this.bySession.set(session, (room = new Room(session, this.input)));
    room.enter(guest);
    return room;
  }

  leave(session: string, guest: Guest): void {
    const room = this.bySession.get(session);
    room?.leave(guest);
    if (room?.size === 0) this.bySession.delete(session);
  }
}
