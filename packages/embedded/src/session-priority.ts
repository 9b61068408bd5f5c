import { writeFileSync } from 'node:fs';

/**
 * Sets the priority of the session that a process leads, from -20 (first) to 19 (last). Linux may
 * share a core out among sessions before it looks at the processes in them (autogroup), and then the
 * priority of a process that has a session to itself counts for nothing.
 */
export function setSessionPriority(pid: number, nice: number): void {
  try {
    writeFileSync(`/proc/${pid}/autogroup`, String(nice));
  } catch {
    // Another system, or one without autogroups: there the priority of the process itself counts.
  }
}
