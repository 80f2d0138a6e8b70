import { Decision, FREE, type Change, type Instant, type LockState } from './model';

/** Something asked of one lock. `ask` puts it into the decision; one of the others is called when the decision is stored, or cannot be. */
export interface Request {
  ask(decision: Decision): void;
  stored(): void;
  failed(error: unknown): void;
}

/** What a lane needs from the locks it is one of. */
export interface Surroundings {
  now(): Instant;
  nextFence(): number;
  /** Which of these holders' processes are gone. */
  dead(lane: Lane, decision: Decision): ReadonlySet<number>;
  save(name: string, changes: readonly Change[], wall: number): Promise<void>;
  /** The state is what was decided. Called before the requests hear of it. */
  decided(lane: Lane, decision: Decision): void;
  idle(lane: Lane): void;
}

/**
 * All that happens to one lock, in order and one decision at a time: while one is being stored, requests gather for the next, so nobody is
 * ever told of, or decides by, what is not committed. Different locks do not wait for each other.
 */
export class Lane {
  state: LockState;
  /** Monotonic; when its holders' processes were looked at. */
  probedAt = -Infinity;
  private gathered: Request[] = [];
  private storing = false;

  constructor(
    readonly name: string,
    private readonly around: Surroundings,
    state: LockState = FREE,
  ) {
    this.state = state;
  }

  /** Whether nothing would be lost with it. */
  get empty(): boolean {
    return !this.storing && this.gathered.length === 0 && this.state.holders.length === 0 && this.state.queue.length === 0;
  }

  submit(request: Request): void {
    this.gathered.push(request);
    if (!this.storing) this.decide();
  }

  private decide(): void {
    const requests = this.gathered;
    this.gathered = [];
    const now = this.around.now();
    const decision = new Decision(this.state, now, () => this.around.nextFence());
    for (const request of requests) request.ask(decision);
    const state = decision.settle(this.around.dead(this, decision));
    if (decision.changes.length === 0) return this.conclude(requests, decision, state);
    this.storing = true;
    this.around.save(this.name, decision.changes, now.wall).then(
      () => {
        this.storing = false;
        this.conclude(requests, decision, state);
      },
      (error) => {
        this.storing = false;
        for (const request of requests) request.failed(error);
        this.proceed();
      },
    );
  }

  private conclude(requests: readonly Request[], decision: Decision, state: LockState): void {
    this.state = state;
    this.around.decided(this, decision);
    for (const request of requests) request.stored();
    this.proceed();
  }

  private proceed(): void {
    if (this.gathered.length > 0 && !this.storing) this.decide();
    else if (this.empty) this.around.idle(this);
  }
}
