/** Who waits for which job to be over. */
export class Waiters {
  private readonly calls = new Map<number, Set<() => void>>();

  /** Called once, when the job is over or zd stops; the result takes the call back. */
  add(id: number, call: () => void): () => void {
    const waiting = this.calls.get(id) ?? new Set();
    this.calls.set(id, waiting.add(call));
    return () => {
      if (waiting.delete(call) && waiting.size === 0 && this.calls.get(id) === waiting) this.calls.delete(id);
    };
  }

  wake(ids: Iterable<number>): void {
    for (const id of ids) {
      const waiting = this.calls.get(id);
      this.calls.delete(id);
      if (waiting) for (const call of waiting) call();
    }
  }

  wakeAll(): void {
    this.wake([...this.calls.keys()]);
  }
}
