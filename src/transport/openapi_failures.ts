import { CODES, type Code } from '../kernel/codes';
import type { JsonSchema } from './json_schema';

type Json = Record<string, unknown>;

/** Codes that exist only where a token is asked for. */
const TOKEN_CODES: readonly Code[] = ['unauthorized', 'scope_denied', 'bad_signature'];

/** Failure responses by HTTP status. Statuses whose codes are the same everywhere are shared as components. */
export class Failures {
  readonly #common = new Map<string, Json>();

  constructor(private readonly tokenRequired: boolean) {}

  responses(codes: readonly Code[]): Json {
    const byStatus = new Map<number, Code[]>();
    for (const code of new Set(codes)) {
      if (!this.tokenRequired && TOKEN_CODES.includes(code)) continue;
      const { status } = CODES[code];
      byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
    }
    return Object.fromEntries([...byStatus].map(([status, grouped]) => [status, this.#reference(grouped.toSorted(bytewise))]));
  }

  shared(): Json {
    return Object.fromEntries([...this.#common].toSorted(([a], [b]) => bytewise(a, b)));
  }

  #reference(codes: readonly Code[]): Json {
    const name = codes.join('.');
    if (!this.#common.has(name)) this.#common.set(name, failureResponse(codes));
    return { $ref: `#/components/responses/${name}` };
  }
}

function failureResponse(codes: readonly Code[]): Json {
  return {
    ...(codes.includes('unauthorized') ? { headers: { 'WWW-Authenticate': { schema: { type: 'string' } } } } : {}),
    description: codes.map((code) => `\`${code}\`: ${CODES[code].message} ${CODES[code].remedy}`).join('\n\n'),
    content: {
      'application/json': {
        schema: { allOf: [{ $ref: '#/components/schemas/Failure' }, { properties: { code: { enum: codes } } }] },
        example: { ok: false, code: codes[0], msg: CODES[codes[0]!].message, hint: CODES[codes[0]!].remedy, request_id: 'k3x9f2-1a' },
      },
    },
  };
}

/** Open to further members, which some codes bring: `required_scope`, `limit` and the like. */
export const failureSchema = (): JsonSchema => ({
  type: 'object',
  description: 'Every failure has this shape. Decide on `code`; the other texts are for people and may change.',
  required: ['ok', 'code', 'msg', 'hint', 'request_id'],
  properties: {
    ok: { const: false },
    code: { type: 'string', enum: (Object.keys(CODES) as Code[]).toSorted(bytewise) },
    msg: { type: 'string', description: 'What happened.' },
    hint: { type: 'string', description: 'What to do about it.' },
    request_id: { type: 'string', description: 'Names this request in the log.' },
    path: { type: 'string', description: 'JSON Pointer (RFC 6901) to the argument at fault.' },
  },
});

const bytewise = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
