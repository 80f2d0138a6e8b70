import { readBounded } from '../kernel/bounded';
import type { Caller } from '../kernel/caller';
import type { Incoming } from '../kernel/dispatch';

/** A signal is made only for who asks for it: it is dear. */
export class PlainRequest {
  constructor(
    private readonly request: Request,
    readonly caller: Caller,
    readonly requestId: string,
  ) {}

  get signal(): AbortSignal {
    return this.request.signal;
  }
}

/** What a plain route reads of a request. */
export class PlainBody implements Incoming {
  constructor(private readonly request: Request) {}

  get method(): string {
    return this.request.method;
  }

  get headers(): Headers {
    return this.request.headers;
  }

  get body(): ReadableStream<Uint8Array> | null {
    return this.request.body;
  }

  async bytes(limit: number): Promise<Uint8Array | null> {
    const { headers } = this.request;
    if (Number(headers.get('content-length')) > limit) return null;
    return headers.has('transfer-encoding') ? readBounded(this.request.body, limit) : this.request.bytes();
  }
}
