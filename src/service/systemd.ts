import { existsSync, rmSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { ZdError } from '../kernel/error';
import { readText, writeWhole } from './file';
import type { Manager, Ran, ServiceState, Site } from './manager';
import { homeSuffix } from './program';
import { renderUnit, unitCommand, UNIT_MARK } from './systemd-unit';
import { isStale } from './stale';

/** What `systemctl show` tells; every value is text, and `key=` without one means none. */
type Properties = Readonly<Record<string, string>>;

export class Systemd implements Manager {
  readonly unit: string;

  constructor(private readonly site: Site) {
    this.unit = `zd${homeSuffix(site.paths)}.service`;
  }

  async state(): Promise<ServiceState> {
    const path = this.folders()
      .map((folder) => join(folder, this.unit))
      .find((file) => existsSync(file));
    const text = path === undefined ? null : readText(path);
    const shown = text === null ? null : await this.show(this.unit, ['ActiveState', 'UnitFileState', 'MainPID']);
    const command = text === null ? null : unitCommand(text);
    return {
      manager: 'systemd',
      reachable: text === null ? null : shown !== null,
      installed: text !== null,
      enabled: shown?.UnitFileState === 'enabled',
      // Reloading is running, too.
      active: ['active', 'reloading'].includes(shown?.ActiveState ?? ''),
      restarting: shown?.ActiveState === 'activating',
      state: shown?.ActiveState ?? null,
      pid: Number(shown?.MainPID ?? 0) || null,
      unit: this.unit,
      unit_path: path ?? join(this.folders()[0]!, this.unit),
      command,
      stale: isStale(command, this.site.program.argv),
      linger: lingers(),
      log: this.site.paths.logFile,
    };
  }

  async check(): Promise<void> {
    const path = join(await this.searchedFolder(), this.unit);
    const text = readText(path);
    if (text !== null && !text.includes(UNIT_MARK)) {
      throw new ZdError('conflict', `${path} was not written by zd.`, { hint: 'Move that file away, then install again.' });
    }
    renderUnit(this.unit, this.site.program);
  }

  async install(): Promise<void> {
    await this.check();
    writeWhole(join(await this.searchedFolder(), this.unit), renderUnit(this.unit, this.site.program));
    await this.systemctl('daemon-reload');
    await this.systemctl('enable', this.unit);
  }

  async uninstall(): Promise<void> {
    const { unit_path: path, reachable } = await this.state();
    if (reachable === true) await this.systemctl('disable', '--now', this.unit);
    // Where no manager answers nothing of it runs either; the link is what `enable` made.
    else rmSync(join(dirname(path), 'default.target.wants', this.unit), { force: true });
    rmSync(path, { force: true });
    if (!reachable) return;
    await this.systemctl('daemon-reload');
    await this.resetFailed();
  }

  async start(): Promise<void> {
    await this.resetFailed();
    await this.systemctl('start', this.unit);
  }

  async stop(): Promise<void> {
    await this.systemctl('stop', this.unit);
  }

  async restart(): Promise<void> {
    await this.resetFailed();
    await this.systemctl('restart', this.unit);
  }

  /** A person's start counts anew: without this the limit on restarts would refuse it. It fails for a unit that never failed. */
  private async resetFailed(): Promise<void> {
    await this.run('reset-failed', this.unit);
  }

  /** Where a unit of this user can lie, the place of `XDG_CONFIG_HOME` first. */
  private folders(): string[] {
    const { env } = this.site;
    const home = env.HOME && isAbsolute(env.HOME) ? env.HOME : homedir();
    const config = env.XDG_CONFIG_HOME && isAbsolute(env.XDG_CONFIG_HOME) ? [env.XDG_CONFIG_HOME] : [];
    return [...new Set([...config, join(home, '.config')].map((folder) => join(folder, 'systemd', 'user')))];
  }

  /** The first of them that the manager searches: it may not know the shell's `XDG_CONFIG_HOME`. */
  private async searchedFolder(): Promise<string> {
    const shown = await this.show('', ['UnitPath']);
    if (shown === null) throw noManager(await this.run('show', '--property=Version'));
    const searched = (shown.UnitPath ?? '').split(' ');
    const folders = this.folders();
    // A folder with a space is listed escaped; the first one is right unless another is certain.
    return folders.find((folder) => searched.includes(folder)) ?? folders[0]!;
  }

  /** Properties of a unit, or with '' of the manager; null when no manager answers. */
  private async show(unit: string, properties: readonly string[]): Promise<Properties | null> {
    const ran = await this.run('show', ...(unit === '' ? [] : [unit]), `--property=${properties.join(',')}`);
    if (ran.code !== 0) return null;
    const pairs = ran.stdout.split('\n').filter((line) => line.includes('='));
    return Object.fromEntries(pairs.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
  }

  private async systemctl(...args: string[]): Promise<void> {
    const ran = await this.run(...args);
    if (ran.code === 0) return;
    if ((await this.show('', ['Version'])) === null) throw noManager(ran);
    throw new ZdError('service_failed', `systemctl --user ${args.join(' ')}: ${firstLine(ran)}`, {
      hint: `\`zd config check\`, ${this.site.paths.logFile} and \`journalctl --user -u ${this.unit} -n 20\` say why.`,
    });
  }

  private run(...args: string[]): Promise<Ran> {
    return this.site.run(['systemctl', '--user', '--no-pager', '--no-ask-password', ...args]);
  }
}

const firstLine = (ran: Ran): string => ran.stderr.trim().split('\n')[0] || `exit code ${ran.code}`;

const noManager = (ran: Ran): ZdError =>
  new ZdError('no_service_manager', `The systemd user manager does not answer: ${firstLine(ran)}.`, {
    hint: 'It runs in login sessions, not under su, sudo or in most containers; for a user who never logs in: loginctl enable-linger. Where no service is installed, `zd up` needs none.',
  });

/** logind keeps one file per lingering user; asking for it by name needs neither a bus nor a session. */
function lingers(): boolean {
  return existsSync(join('/var/lib/systemd/linger', userInfo().username));
}
