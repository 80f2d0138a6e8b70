import { closeSync, mkdirSync, openSync, rmSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { ZdError } from '../kernel/error';
import { readText, writeWhole } from './file';
import { plistCommand, PLIST_MARK, renderPlist, type SessionType } from './launchd-plist';
import type { Manager, Ran, ServiceState, Site } from './manager';
import { homeSuffix } from './program';
import { isStale } from './stale';

/** launchd forgets an agent some time after `bootout` returned; until then `bootstrap` fails with 5 or 37. */
const SETTLE_MS = 35_000;
const POLL_MS = 50;

export class Launchd implements Manager {
  readonly label: string;
  private readonly path: string;

  constructor(
    private readonly site: Site,
    private readonly uid: number = userInfo().uid,
  ) {
    this.label = `dev.zd.daemon${homeSuffix(site.paths)}`;
    const home = site.env.HOME && isAbsolute(site.env.HOME) ? site.env.HOME : homedir();
    this.path = join(home, 'Library', 'LaunchAgents', `${this.label}.plist`);
  }

  async state(): Promise<ServiceState> {
    const text = readText(this.path);
    const domain = text === null ? null : await this.domain();
    const loaded = text === null || domain === null ? null : await this.loaded(domain);
    const disabled = text === null || domain === null ? '' : (await this.run('print-disabled', domain)).stdout;
    const command = text === null ? null : plistCommand(text);
    return {
      manager: 'launchd',
      reachable: text === null ? null : domain !== null,
      installed: text !== null,
      enabled: text !== null && !new RegExp(`"${this.label.replaceAll('.', '\\.')}" => (?:true|disabled)`).test(disabled),
      active: loaded !== null && loaded.pid !== null,
      // launchd waits ten seconds before it starts one that ended badly again.
      restarting: loaded !== null && loaded.pid === null && loaded.state.startsWith('spawn'),
      state: text === null || domain === null ? null : (loaded?.state ?? 'not loaded'),
      pid: loaded?.pid ?? null,
      unit: this.label,
      unit_path: this.path,
      command,
      stale: isStale(command, this.site.program.argv),
      linger: null,
      log: this.site.paths.logFile,
    };
  }

  async check(): Promise<void> {
    const session = sessionOf(await this.requireDomain());
    const text = readText(this.path);
    if (text !== null && !text.includes(PLIST_MARK)) {
      throw new ZdError('conflict', `${this.path} was not written by zd.`, { hint: 'Move that file away, then install again.' });
    }
    this.render(session);
  }

  async install(): Promise<void> {
    await this.check();
    const domain = await this.requireDomain();
    this.prepareErrorLog();
    writeWhole(this.path, this.render(sessionOf(domain)));
    await this.launchctl('enable', `${domain}/${this.label}`);
  }

  async uninstall(): Promise<void> {
    const domain = await this.domain();
    if (domain !== null) await this.unload(domain);
    rmSync(this.path, { force: true });
  }

  async start(): Promise<void> {
    const domain = await this.requireDomain();
    if ((await this.loaded(domain)) === null) await this.launchctl('bootstrap', domain, this.path);
    // RunAtLoad started it; this also starts one that is loaded and has ended, and does nothing to a running one.
    await this.launchctl('kickstart', `${domain}/${this.label}`);
  }

  /** Unloads: a mere signal would let launchd start a daemon again that ended badly. It is loaded again at the next login. */
  async stop(): Promise<void> {
    await this.unload(await this.requireDomain());
  }

  /** Unloads and loads, because launchd reads a changed file only then. */
  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  private render(session: SessionType): string {
    return renderPlist(this.label, this.site.program, session, this.errorLog());
  }

  private errorLog(): string {
    return join(this.site.paths.stateDir, 'launchd.log');
  }

  /** launchd would create it readable for everyone, in a folder that must exist. */
  private prepareErrorLog(): void {
    mkdirSync(this.site.paths.stateDir, { recursive: true, mode: 0o700 });
    closeSync(openSync(this.errorLog(), 'a', 0o600));
  }

  /** The session on the screen, else the user's own (over ssh); null without launchd. */
  private async domain(): Promise<string | null> {
    for (const domain of [`gui/${this.uid}`, `user/${this.uid}`]) {
      if ((await this.run('print', domain)).code === 0) return domain;
    }
    return null;
  }

  private async requireDomain(): Promise<string> {
    const domain = await this.domain();
    if (domain === null)
      throw new ZdError('no_service_manager', 'launchd does not answer for this user.', {
        hint: 'Log in on the screen or over ssh as this user (not with sudo), or use `zd up`.',
      });
    return domain;
  }

  private async loaded(domain: string): Promise<{ pid: number | null; state: string } | null> {
    const ran = await this.run('print', `${domain}/${this.label}`);
    if (ran.code !== 0) return null;
    const pid = /^\tpid = (\d+)$/m.exec(ran.stdout)?.[1];
    return { pid: pid === undefined ? null : Number(pid), state: /^\tstate = (.+)$/m.exec(ran.stdout)?.[1] ?? 'unknown' };
  }

  private async unload(domain: string): Promise<void> {
    if ((await this.loaded(domain)) === null) return;
    const ran = await this.run('bootout', `${domain}/${this.label}`);
    const until = performance.now() + SETTLE_MS;
    while ((await this.loaded(domain)) !== null) {
      if (performance.now() > until) throw failed(['bootout', this.label], ran);
      await Bun.sleep(POLL_MS);
    }
  }

  private async launchctl(...args: string[]): Promise<void> {
    const ran = await this.run(...args);
    if (ran.code !== 0) throw failed(args, ran);
  }

  private run(...args: string[]): Promise<Ran> {
    return this.site.run(['launchctl', ...args]);
  }
}

const sessionOf = (domain: string): SessionType => (domain.startsWith('gui/') ? 'Aqua' : 'Background');

const failed = (args: readonly string[], ran: Ran): ZdError =>
  new ZdError('service_failed', `launchctl ${args.join(' ')}: ${ran.stderr.trim().split('\n')[0] || `exit code ${ran.code}`}`);
