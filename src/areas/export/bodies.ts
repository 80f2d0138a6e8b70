import { toCsv } from './format_csv';
import { toJson } from './format_json';
import { toPdf } from './format_pdf';
import { toSql } from './format_sql';
import { toText } from './format_text';
import { toYaml } from './format_yaml';
import type { Table } from './item';
import type { Format } from './service';

/** A table in one of the formats that take any. */
export function tableBody(table: Table, format: Exclude<Format, 'sh' | 'zsh-histfile'>, when: string, version: string): string | Uint8Array {
  switch (format) {
    case 'json':
      return toJson(table);
    case 'yaml':
      return toYaml(table);
    case 'text':
      return toText(table, when);
    case 'csv':
      return toCsv(table);
    case 'sql':
      return toSql(table);
    case 'pdf':
      return toPdf(table, when, version);
  }
}
