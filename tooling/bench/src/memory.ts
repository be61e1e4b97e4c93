import { readFileSync } from 'node:fs';

/** Most main memory that this process has held. On Linux `resourceUsage` also counts the process that started it. */
export function peakBytes(): number {
  try {
    const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
    if (kilobytes !== undefined) return 1024 * Number(kilobytes);
  } catch {
    // Another system: below.
  }
  return 1024 * process.resourceUsage().maxRSS;
}
