const iso = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?)?$/;

/**
 * Milliseconds since 1970 of an ISO date or time; read as UTC when it names no zone, so that the same file gives the
 * same numbers everywhere. NaN when it is neither.
 */
export function parseTime(text: string): number {
  const trimmed = text.trim();
  const match = iso.exec(trimmed);
  if (!match) return /^\d{4}-\d{2}-\d{2}[T ]/.test(trimmed) ? Date.parse(trimmed) : NaN;
  const [year, month, day, hour, minute, second] = match
    .slice(1)
    .map((part) => Number((part as string | undefined) ?? 0));
  const stamp = Date.UTC(year!, month! - 1, day, hour, minute, second);
  // Date.UTC rolls 31 February over into March; a calendar does not have that day.
  return new Date(stamp).getUTCDate() === day && hour! < 24 && minute! < 60 && second! < 60 ? stamp : NaN;
}
