/** Cuts a byte stream into lines, with a bound on how long one may be. */
export class Lines {
  private parts: Uint8Array[] = [];
  private held = 0;

  constructor(private readonly maxBytes: number) {}

  /** The lines that are whole now, without their ends; null when one is over the bound: there is no going on then. */
  push(chunk: Uint8Array): string[] | null {
    const lines: string[] = [];
    let from = 0;
    for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, from)) {
      this.parts.push(chunk.subarray(from, at));
      this.held += at - from;
      if (this.held > this.maxBytes) return null;
      lines.push(this.take());
      from = at + 1;
    }
    if (from < chunk.length) {
      // A copy: what is read next may use the same memory again.
      this.parts.push(chunk.slice(from));
      this.held += chunk.length - from;
    }
    return this.held > this.maxBytes ? null : lines;
  }

  private take(): string {
    const bytes = this.parts.length === 1 ? this.parts[0]! : Buffer.concat(this.parts);
    this.parts = [];
    this.held = 0;
    return new TextDecoder().decode(bytes);
  }
}
