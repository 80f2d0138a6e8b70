import { CLOSE, isTerminalClose } from './wire/limits';

/** What follows the end of a link: another attempt soon, one much later, or none until somebody asks for it. */
export type LinkEnd = { readonly kind: 'again' | 'later' | 'never'; readonly reason: string };

/** Refusals that pass: a full mesh, a clock that is put right. */
const PASSING = new Set(['capacity', 'timestamp_skew', 'rate_limit']);
const ADVICE: Readonly<Record<string, string>> = {
  timestamp_skew: 'timestamp_skew: the clock of this machine and that of the broker differ by more than a minute',
  unauthorized: 'unauthorized: the broker does not know the key of this member',
  revoked: 'revoked: this member was taken out of the mesh',
};

/** `refusal` is the code of the last error the broker sent before it closed without a hello. */
export function linkEnd(code: number, text: string, refusal: string | null): LinkEnd {
  const said = text.replaceAll(/\p{Cc}/gu, ' ').slice(0, 200);
  const reason = refusal === null ? `closed ${code}${said === '' ? '' : `: ${said}`}` : (ADVICE[refusal] ?? refusal.slice(0, 100));
  if (isTerminalClose(code) || code === CLOSE.newerIdentity || code === CLOSE.olderIdentity) return { kind: 'never', reason: nameOf(code, reason) };
  if (refusal !== null && code === CLOSE.refused) return { kind: PASSING.has(refusal) ? 'later' : 'never', reason };
  return { kind: code === CLOSE.refused ? 'later' : 'again', reason };
}

const NAMES: Readonly<Record<number, string>> = {
  [CLOSE.kicked]: 'kicked by an admin of the mesh',
  [CLOSE.banned]: 'banned from the mesh',
  [CLOSE.newerIdentity]: 'another daemon connected with the same identity',
  [CLOSE.olderIdentity]: 'another daemon is connected with the same identity',
  [CLOSE.featureUnavailable]: 'the broker lacks a feature that is needed',
};
const nameOf = (code: number, reason: string): string => (NAMES[code] ? `${NAMES[code]} (${code})` : reason);

const FIRST_LATER_MS = 30_000;
const LONGEST_MS = 30_000;

/** Milliseconds before the nth attempt in a row; half of it is chance, so that daemons that lost one broker do not come back in one instant. */
export const reconnectMs = (attempt: number, firstMs: number, end: LinkEnd, random: number): number =>
  (end.kind === 'later' ? FIRST_LATER_MS : Math.min(LONGEST_MS, firstMs * 2 ** Math.min(attempt, 16))) * (0.5 + random / 2);
