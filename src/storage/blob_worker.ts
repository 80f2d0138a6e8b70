import { libcCall } from './libc';

/** What `BlobThread` asks of its worker. Each but `drop` and `writeback` is answered once, in order. */
export type BlobRequest =
  | { readonly stream: number; readonly kind: 'update'; readonly bytes: Uint8Array }
  | { readonly stream: number; readonly kind: 'digest' | 'drop' }
  | { readonly stream: number; readonly kind: 'writeback'; readonly fd: number; readonly offset: number; readonly length: number };

/** `digest` is null as the answer to an update: its bytes may be overwritten. */
export interface BlobAnswer {
  readonly stream: number;
  readonly digest: string | null;
}

declare const self: Worker;

/** sync_file_range(2): SYNC_FILE_RANGE_WRITE, begin to write what is not being written yet. */
const BEGIN = 2;
let syncFileRange: ReturnType<typeof libcCall> | undefined;
const hashes = new Map<number, Bun.CryptoHasher>();

self.addEventListener('message', ({ data: request }: MessageEvent<BlobRequest>) => {
  const { stream, kind } = request;
  const hash = hashes.get(stream) ?? new Bun.CryptoHasher('sha256');
  if (kind === 'update') {
    hashes.set(stream, hash.update(request.bytes));
    self.postMessage({ stream, digest: null } satisfies BlobAnswer);
  } else if (kind === 'writeback') {
    // A hint, here because it may wait for the disk: what fails, or is not there, costs time at the end.
    syncFileRange ??= libcCall('sync_file_range', ['i32', 'i64', 'i64', 'u32']);
    syncFileRange?.(request.fd, request.offset, request.length, BEGIN);
  } else {
    hashes.delete(stream);
    if (kind === 'digest') self.postMessage({ stream, digest: hash.digest('hex') } satisfies BlobAnswer);
  }
});
