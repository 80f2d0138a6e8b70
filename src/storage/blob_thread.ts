import type { BlobAnswer, BlobRequest } from './blob_worker';

/** Hashes one content. */
export interface BlobHash {
  /** The bytes stay as they are until it resolves. */
  update(bytes: Uint8Array): Promise<void>;
  /** Lower-case hex sha256 of everything before. Ends it. */
  digest(): Promise<string>;
  /** Tells that this part of a file was written, so that the disk may begin with it. */
  writeback(fd: number, offset: number, length: number): void;
  /** Ends it without a digest; nothing happens when it has ended. */
  drop(): void;
}

/** Contents of so many bytes are hashed by another thread, and those whose length nobody knows. */
export const THREAD_FROM = 4 << 20;
/** A thread costs memory, so it goes when nobody has needed it for so long. */
const IDLE_MS = 5000;

/**
 * A thread that hashes large contents, a second for each gigabyte, while the event loop goes on. Begun at the first one. Bytes in shared
 * memory are not copied; how many wait is up to each caller, who hears when his are done with.
 */
export class BlobThread {
  private worker: Worker | null = null;
  private readonly waiting = new Map<number, PromiseWithResolvers<string | null>[]>();
  private last = 0;
  private idle: Timer | undefined;

  open(): BlobHash {
    const stream = ++this.last;
    clearTimeout(this.idle);
    this.waiting.set(stream, []);
    const worker = (this.worker ??= this.start());
    const send = (request: BlobRequest) => worker.postMessage(request);
    const ask = (request: BlobRequest): Promise<string | null> => {
      const waiting = this.waiting.get(stream);
      if (!waiting) return Promise.reject(new Error('the thread that hashes has ended'));
      const answer = Promise.withResolvers<string | null>();
      waiting.push(answer);
      send(request);
      return answer.promise;
    };
    return {
      update: async (bytes) => void (await ask({ stream, kind: 'update', bytes })),
      digest: () => ask({ stream, kind: 'digest' }).finally(() => this.end(stream)) as Promise<string>,
      writeback: (fd, offset, length) => send({ stream, kind: 'writeback', fd, offset, length }),
      drop: () => {
        if (this.waiting.has(stream)) send({ stream, kind: 'drop' });
        this.end(stream);
      },
    };
  }

  private start(): Worker {
    const worker = new Worker(new URL('./blob_worker.ts', import.meta.url).href, { smol: true, ref: false });
    worker.addEventListener('message', ({ data }: MessageEvent<BlobAnswer>) => this.waiting.get(data.stream)?.shift()?.resolve(data.digest));
    worker.addEventListener('error', ({ message }) => this.failed(worker, message));
    return worker;
  }

  private end(stream: number): void {
    this.waiting.delete(stream);
    if (this.waiting.size > 0) return;
    clearTimeout(this.idle);
    this.idle = setTimeout(() => {
      this.worker?.terminate();
      this.worker = null;
    }, IDLE_MS).unref();
  }

  /** Whoever waits hears it; the next one gets a new thread. */
  private failed(worker: Worker, message: string): void {
    if (this.worker !== worker) return;
    this.worker = null;
    worker.terminate();
    const all = [...this.waiting.values()].flat();
    this.waiting.clear();
    for (const answer of all) answer.reject(new Error(`the thread that hashes broke: ${message}`));
  }
}
