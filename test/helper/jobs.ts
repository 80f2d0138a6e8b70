import { expect } from 'bun:test';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { TestDaemon } from './daemon';
import { until } from './until';

/** What a daemon is asked about jobs. Replies are checked by the tests themselves. */
export class JobRig {
  constructor(readonly daemon: TestDaemon) {}

  async ok(op: string, input: unknown = {}): Promise<any> {
    const { status, body } = await this.daemon.call(op, input);
    expect([op, status, body.msg]).toEqual([op, 200, undefined]);
    return body;
  }

  async fails(op: string, input: unknown): Promise<[number, string, string | undefined]> {
    const { status, body } = await this.daemon.call(op, input);
    return [status, body.code, body.path];
  }

  async submit(command: readonly string[], rest: Record<string, unknown> = {}): Promise<number> {
    return (await this.ok('job_submit', { command, cwd: '/', ...rest })).job_id;
  }

  sh(script: string, rest: Record<string, unknown> = {}): Promise<number> {
    return this.submit(['/bin/sh', '-c', script], rest);
  }

  async job(id: number): Promise<any> {
    return (await this.ok('job_status', { id })).job;
  }

  async wait(id: number): Promise<any> {
    return this.ok('job_wait', { id, timeout_ms: 30_000 });
  }

  async text(id: number, stderr = false): Promise<string> {
    return (await this.ok('job_output', { id, stderr })).content;
  }

  async state(id: number, state: string): Promise<any> {
    return until(`job ${id} is ${state}`, async () => {
      const job = await this.job(id);
      return job.state === state && job;
    });
  }

  /** Waits for a wrapper that is made ahead; its number. A job has to have ended before. */
  async spare(): Promise<number> {
    await this.wait(await this.submit(['true']));
    return until('a wrapper waits for its job', () => spareOf(this.daemon.home));
  }

  /** Whether the job's wrapper was made ahead. */
  hadSpare(id: number): boolean {
    return /^\d+ \S+\n/.test(readFileSync(`${this.daemon.home}/jobs/${id}/run.1`, 'latin1'));
  }

  /** Waits until the job has written this. */
  async wrote(id: number, text: string): Promise<void> {
    await until(`job ${id} writes ${text}`, async () => (await this.text(id))?.includes(text));
  }
}

/** The living wrapper that waits for a job of this home; null when there is none. */
export function spareOf(home: string): number | null {
  for (const pid of processesWith('zd-job')) {
    try {
      if (readlinkSync(`/proc/${pid}/fd/1`) === `${home}/jobs/spare/stdout`) return pid;
    } catch {}
  }
  return null;
}

/** Living processes whose environment or arguments have this text. */
export function processesWith(text: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'latin1');
        if (/\) Z /.test(stat)) return false;
        return readFileSync(`/proc/${name}/cmdline`, 'latin1').includes(text) || readFileSync(`/proc/${name}/environ`, 'latin1').includes(text);
      } catch {
        return false;
      }
    })
    .map(Number);
}
