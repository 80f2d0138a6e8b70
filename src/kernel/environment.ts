/** What a program gets of the daemon's own environment. Everything else of it may be a secret, or make the program act as another one. */
const ALLOWED = new Set(['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'LANG', 'TZ', 'TMPDIR']);
const ALLOWED_PREFIXES = ['LC_', 'XDG_'];
const DEFAULT_PATH = '/usr/local/bin:/usr/bin:/bin';

export type Environment = Readonly<Record<string, string>>;

/** What of an environment a started program may have. There is always a PATH. */
export function inherited(own: Readonly<Record<string, string | undefined>>): Record<string, string> & { PATH: string } {
  const env: Record<string, string> & { PATH: string } = { PATH: DEFAULT_PATH };
  for (const [name, value] of Object.entries(own))
    if (value !== undefined && (ALLOWED.has(name) || ALLOWED_PREFIXES.some((prefix) => name.startsWith(prefix)))) env[name] = value;
  return env;
}
