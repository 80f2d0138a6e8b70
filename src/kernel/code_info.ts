/** One error code. What it may be is said in `codes.ts`. */
export interface CodeInfo {
  readonly status: number;
  readonly exit: number;
  readonly retryable: boolean;
  readonly message: string;
  /** What the caller can do about it; sent as `hint` unless the failure brings a better one. */
  readonly remedy: string;
}

/** Exit codes of the CLI (BSD sysexits are not used: scripts want small, documented numbers). */
export const EXIT = { ok: 0, failure: 1, usage: 2, down: 3, missing: 4, refused: 5, conflict: 6, timeout: 124, interrupted: 130 } as const;

export const code = (status: number, exit: number, retryable: boolean, message: string, remedy: string): CodeInfo => ({
  status,
  exit,
  retryable,
  message,
  remedy,
});
