import { readFileSync } from 'node:fs';

const kilobytes = (file: string, field: string): number =>
  Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(readFileSync(file, 'utf8'))?.[1] ?? NaN);

/** Megabytes of memory that a process has now. PSS shares out pages that other processes map too. Linux only. */
export const resident = (pid: number): number => kilobytes(`/proc/${pid}/status`, 'VmRSS') / 1024;
export const proportional = (pid: number): number => kilobytes(`/proc/${pid}/smaps_rollup`, 'Pss') / 1024;
