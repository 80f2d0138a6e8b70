import { ZdError } from '../../kernel/error';
import type { Registry } from './registry';

const TIMEOUT_MS = 60_000;

/** A server that keeps what is PUT and gives it back to GET. */
export class HttpRegistry implements Registry {
  constructor(
    readonly name: string,
    private readonly token: string | null,
  ) {}

  async get(tag: string, file: string, most: number): Promise<Buffer> {
    const response = await this.request(tag, file, {}, (why) => new ZdError('snapshot_read', `The registry ${this.name} ${why}.`));
    if (response.status === 404) throw new ZdError('no_such_file', `The registry ${this.name} has no ${file} of "${tag}".`);
    if (!response.ok) throw new ZdError('snapshot_read', `The registry ${this.name} answered ${response.status}.`);
    const parts: Uint8Array[] = [];
    let bytes = 0;
    try {
      for await (const part of (response.body ?? []) as AsyncIterable<Uint8Array>) {
        bytes += part.length;
        if (bytes > most) throw new ZdError('too_large', `${file} of "${tag}" has more than ${most} bytes.`, { extra: { limit: most } });
        parts.push(part);
      }
    } catch (error) {
      if (error instanceof ZdError) throw error;
      throw new ZdError('snapshot_read', `The registry ${this.name} broke off.`, { cause: error });
    }
    return Buffer.concat(parts);
  }

  async put(tag: string, file: string, content: Uint8Array): Promise<void> {
    const init = { method: 'PUT', body: content as Uint8Array<ArrayBuffer>, headers: { 'content-type': 'application/octet-stream' } };
    const failed = (why: string) => new ZdError('snapshot_publish', `The registry ${this.name} ${why}.`);
    const response = await this.request(tag, file, init, failed);
    if (!response.ok) throw failed(`answered ${response.status} to ${file}`);
  }

  /** A redirect is not followed: it would carry the token elsewhere. */
  private async request(tag: string, file: string, init: RequestInit, failed: (why: string) => ZdError): Promise<Response> {
    const headers = new Headers(init.headers);
    if (this.token !== null) headers.set('authorization', `Bearer ${this.token}`);
    try {
      return await fetch(`${this.name}/${encodeURIComponent(tag)}/${file}`, {
        ...init,
        headers,
        redirect: 'manual',
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
    } catch (error) {
      throw failed(`cannot be reached (${(error as { code?: string; name?: string }).code ?? (error as Error).name})`);
    }
  }
}
