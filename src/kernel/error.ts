import { CODES, type Code } from './codes';

export interface FailureDetail {
  /** What to do next; the code's own remedy when absent. */
  readonly hint?: string;
  /** JSON Pointer (RFC 6901) to the argument at fault. */
  readonly path?: string;
  /** Further members of the failure body, for example `required_scope` or `limit`. */
  readonly extra?: Readonly<Record<string, unknown>>;
  /** The whole failure body, where a route speaks another format than ours. */
  readonly body?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/** A failure the caller is told about. Anything else that is thrown becomes `internal` and is logged. */
export class ZdError extends Error {
  readonly code: Code;
  readonly detail: FailureDetail;

  constructor(code: Code, message?: string, detail: FailureDetail = {}) {
    super(message ?? CODES[code].message, detail.cause === undefined ? undefined : { cause: detail.cause });
    this.name = 'ZdError';
    this.code = code;
    this.detail = detail;
  }
}

export interface FailureBody {
  readonly ok: false;
  readonly code: Code;
  readonly msg: string;
  readonly hint: string;
  readonly request_id: string;
  readonly path?: string;
}

/** The failure as every transport writes it. */
export function failureBody(error: ZdError, requestId: string): FailureBody {
  return {
    ok: false,
    code: error.code,
    msg: error.message,
    hint: error.detail.hint ?? CODES[error.code].remedy,
    request_id: requestId,
    ...(error.detail.path === undefined ? {} : { path: error.detail.path }),
    ...error.detail.extra,
  };
}
