/** Events from number `first` on, up to the next epoch's first, carry `name` in their id. `start` counts the daemon's starts. */
export interface Epoch {
  readonly start: number;
  readonly first: number;
  readonly name: string;
}

/** Where an id stands: `after` is the number to go on behind; `whole` is false when what the id promises is not what the log holds. */
export interface Position {
  readonly after: number;
  readonly whole: boolean;
}

/**
 * Ids are `EPOCH-SEQ`, opaque to clients. Every start of the daemon opens an epoch, so an id of another database, or of events
 * a crash of the machine took, is recognised instead of silently naming something else.
 */
export class Epochs {
  private list: Epoch[];

  /** `list` in order of `start`, at least one. */
  constructor(list: readonly Epoch[]) {
    this.list = [...list];
  }

  static fresh(): string {
    return crypto
      .getRandomValues(new Uint32Array(2))
      .reduce((text, part) => text + part.toString(36).padStart(7, '0'), '')
      .slice(0, 10);
  }

  /** The id of the event with this number; also of number 0, the position before the first event. */
  id(seq: number): string {
    return `${this.at(seq).name}-${seq}`;
  }

  private at(seq: number): Epoch {
    const newest = this.list.at(-1)!;
    if (seq >= newest.first) return newest;
    return this.list.findLast((epoch) => epoch.first <= seq) ?? this.list[0]!;
  }

  /** Where to go on after an id, given the newest number; null for an id this log never gave. */
  locate(id: string, newest: number): Position | null {
    const match = /^([0-9a-z]{1,20})-(\d{1,15})$/.exec(id);
    const at = match ? this.list.findIndex((epoch) => epoch.name === match[1]) : -1;
    if (at === -1) return null;
    const seq = Number(match![2]);
    if (at > 0 && seq < this.list[at]!.first) return null;
    const last = at + 1 < this.list.length ? this.list[at + 1]!.first - 1 : newest;
    return seq <= last ? { after: seq, whole: true } : { after: last, whole: false };
  }

  current(): string {
    return this.list.at(-1)!.name;
  }

  /** The start under which the event with this number was stored. */
  startOf(seq: number): number {
    return this.at(seq).start;
  }

  oldest(): Epoch {
    return this.list[0]!;
  }

  forgetBefore(start: number): void {
    this.list = this.list.filter((epoch) => epoch.start >= start);
  }
}
