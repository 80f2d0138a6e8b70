import { t } from '../../kernel/schema';

export const RequestId = t.String({ pattern: '^ask-[1-9][0-9]{0,14}$', description: 'As `ask-12`.' });

export const numberOf = (id: string): number => Number(id.slice('ask-'.length));

/** Largest question and answer, in bytes of JSON. */
export const MAX_JSON_BYTES = 64 * 1024;

export const tooLong = (value: unknown): boolean => Buffer.byteLength(JSON.stringify(value ?? null)) > MAX_JSON_BYTES;
