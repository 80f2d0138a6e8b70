import { failpoint } from '../../kernel/failpoint';
import type { Logger } from '../../kernel/log';
import type { Db } from '../../storage/db';
import type { Link } from './link';
import type { SeenReportStore } from './seen_report_store';

const PAGE = 100;
const RETRY_MS = 5000;

export interface SeenReportsOptions {
  readonly mesh: string;
  readonly db: Db;
  readonly reports: SeenReportStore;
  readonly log: Logger;
  link(): Link;
}

/** Tells the broker of a mesh what was seen here, until it says that it knows. A broker that does not understand it is left alone. */
export class SeenReports {
  private running = false;
  private again = false;
  private timer: Timer | undefined;

  constructor(private readonly options: SeenReportsOptions) {}

  /** There may be something to tell. */
  readonly wake = (): void => {
    const { link } = this.options;
    if (link().state !== 'open' || !link().features.seen) return;
    this.again = true;
    if (!this.running) void this.run();
  };

  private async run(): Promise<void> {
    const { mesh, log } = this.options;
    this.running = true;
    clearTimeout(this.timer);
    try {
      while (this.again) {
        this.again = false;
        while (await this.page());
      }
    } catch (error) {
      log.debug('mesh: the broker was not told what was seen; it is told again', { mesh, error });
      this.timer = setTimeout(this.wake, RETRY_MS * (1 + Math.random()));
    }
    this.running = false;
  }

  /** False when nothing is left to tell. */
  private async page(): Promise<boolean> {
    const { db, reports, mesh, link } = this.options;
    const page = reports.page(mesh, PAGE);
    if (page.length === 0) return false;
    const messages = page.map(({ messageId, seenAt }) => ({ messageId, seenAt }));
    await link().request<'message_seen_ack'>({ type: 'message_seen', messages });
    failpoint('mesh.before_seen_told');
    await db.write(() => reports.drop(page), 'normal');
    return page.length === PAGE;
  }

  stop(): void {
    clearTimeout(this.timer);
  }
}
