/** What a process says to the supervisor that forked it once it listens on its port. */
export const listening = 'listening';

/**
 * Tells the supervisor, if there is one, that this process listens. An answer on the port says less:
 * another program may be the one that gives it.
 */
export function reportListening(): void {
  // A supervisor that has gone is noticed by the end of its channel, not here.
  if (process.connected === true) process.send?.(listening, () => undefined);
}
