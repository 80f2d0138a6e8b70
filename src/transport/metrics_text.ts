export interface Sample {
  /** What a histogram's lines add to the family's name. */
  readonly suffix?: '_bucket' | '_sum' | '_count';
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

/** One metric with all its samples, in the terms of the Prometheus text format. */
export interface Family {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly samples: readonly Sample[];
}

export const METRICS_CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/**
 * Families in the Prometheus text format 0.0.4 (prometheus.io, "Exposition formats"). HELP and TYPE are written for a
 * family without samples too (contract: metrics), and the last line ends with a line feed, as the format demands.
 */
export function exposition(families: readonly Family[]): string {
  let text = '';
  for (const family of families) {
    text += `# HELP ${family.name} ${family.help.replace(/[\\\n]/g, escaped)}\n# TYPE ${family.name} ${family.type}\n`;
    for (const { suffix = '', labels, value } of family.samples) text += `${family.name}${suffix}${labelSet(labels)} ${number(value)}\n`;
  }
  return text;
}

function labelSet(labels: Readonly<Record<string, string>> | undefined): string {
  if (!labels) return '';
  return `{${Object.entries(labels)
    .map(([name, value]) => `${name}="${value.replace(/[\\"\n]/g, escaped)}"`)
    .join(',')}}`;
}

const escaped = (char: string): string => (char === '\n' ? '\\n' : `\\${char}`);

const number = (value: number): string => (value === Infinity ? '+Inf' : value === -Infinity ? '-Inf' : String(value));

export const gauge = (name: string, help: string, value: number): Family => ({ name, type: 'gauge', help, samples: [{ value }] });
export const counter = (name: string, help: string, samples: readonly Sample[]): Family => ({ name, type: 'counter', help, samples });
