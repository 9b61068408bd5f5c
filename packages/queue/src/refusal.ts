/** Why Redis answers but refuses a command, by the first word of its error: each may pass by itself. */
const refusals: Readonly<Record<string, string>> = {
  OOM: 'Redis is full (maxmemory)',
  READONLY: 'Redis takes no writes: it is a replica',
  MISCONF: 'Redis takes no writes, since it cannot save to its disk',
  LOADING: 'Redis is loading its data',
  NOREPLICAS: 'Redis takes no writes, since replicas that it must have are away',
  MASTERDOWN: 'Redis is a replica whose primary is away',
  CLUSTERDOWN: 'the Redis cluster is down',
  TRYAGAIN: 'the Redis cluster moves the keys',
};

/**
 * Says why Redis refused a command that it may take later; `undefined`: it is no such error. In a script, older
 * versions put the word behind a dash in the middle of the message.
 */
export function refusalReason(error: unknown): string | undefined {
  if (!(error instanceof Error) || error.name !== 'ReplyError') return undefined;
  const [, first = ''] = /^([A-Z]{3,11}) /.exec(error.message) ?? [];
  const [, inScript = ''] = /: -([A-Z]{3,11}) /.exec(error.message) ?? [];
  return refusals[first] ?? refusals[inScript];
}
