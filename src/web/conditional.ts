/** Whether the copy a browser has, which it names in `If-None-Match`, still holds (RFC 9110 §13.1.2: compared weakly). */
export const holds = (ifNoneMatch: string | null, etag: string): boolean =>
  ifNoneMatch?.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag) ?? false;
