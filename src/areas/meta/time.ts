/** RFC 3339 in UTC with a numeric offset, as the contract writes times that are not nanoseconds. */
export const rfc3339 = (ms: number): string => new Date(ms).toISOString().replace('Z', '+00:00');
