export const LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type Level = (typeof LEVELS)[number];
export type Fields = Readonly<Record<string, unknown>>;

/** A structured logger: a short constant message, and what varies in fields. Never pass a secret. */
export interface Logger {
  debug(msg: string, fields?: Fields): void;
  info(msg: string, fields?: Fields): void;
  warn(msg: string, fields?: Fields): void;
  error(msg: string, fields?: Fields): void;
}

export interface Sink {
  write(level: Level, line: string): void;
}

/** One JSON object per line: `{"ts":ISO,"level":…,"msg":…,…fields}`. */
export function createLogger(sink: Sink, threshold: () => Level, now: () => number = Date.now): Logger {
  const emit = (level: Level) => (msg: string, fields?: Fields) => {
    if (LEVELS.indexOf(level) < LEVELS.indexOf(threshold())) return;
    sink.write(level, JSON.stringify({ ts: new Date(now()).toISOString(), level, msg, ...fields }, errorsAsText));
  };
  return { debug: emit('debug'), info: emit('info'), warn: emit('warn'), error: emit('error') };
}

const errorsAsText = (_key: string, value: unknown): unknown =>
  value instanceof Error ? (value.stack ?? String(value)) : typeof value === 'bigint' ? String(value) : value;
