/** One deployment of Sluice, which is one database with everything that works for it. */
export interface Deployment {
  /** A UUID, made when the database was migrated first. */
  readonly id: string;
  /** Name of the database, for whoever reads the message. */
  readonly database: string;
}

/** What one deployment alone may use: Redis below a prefix, or a storage. */
export interface Place {
  /** As messages name it: `Redis below REDIS_PREFIX "sluice"`. */
  readonly name: string;
  /** What to set so as to use another: `set another REDIS_PREFIX`. */
  readonly remedy: string;
  /** Makes it this deployment's if it is nobody's; of several at once one alone gets it. @returns whose it is then */
  claim(own: Deployment): Promise<Deployment>;
  /** Makes it this deployment's, whosever it was. @returns whose it was */
  takeOver(own: Deployment): Promise<Deployment | undefined>;
}

/** A place belongs to another deployment. The message names both, and what to do. */
export class ForeignPlaceError extends Error {
  readonly code = 'foreign-place';

  constructor({ name, remedy }: Place, own: Deployment, owner: Deployment) {
    super(
      `${name} belongs to another deployment of Sluice, ${nameOf(owner)}; this one is ${nameOf(own)}. ` +
        `Each would remove what the other one has there: ${remedy}, or, if the other one is no longer in use, ` +
        'let this one have it with `sluice claim`.',
    );
    this.name = 'ForeignPlaceError';
  }
}

/** Makes sure that a place is this deployment's. @throws ForeignPlaceError */
export async function claimPlace(place: Place, own: Deployment): Promise<void> {
  const owner = await place.claim(own);
  if (owner.id !== own.id) throw new ForeignPlaceError(place, own, owner);
}

/** The note that says whose a place is. */
export function formatDeployment({ id, database }: Deployment): string {
  return JSON.stringify({ deployment: id, database });
}

/** Whose a place is by its note; `undefined` for anything that is no such note. */
export function parseDeployment(note: string): Deployment | undefined {
  try {
    const { deployment: id, database } = JSON.parse(note) as Record<string, unknown>;
    return typeof id === 'string' && typeof database === 'string' ? { id, database } : undefined;
  } catch {
    return undefined;
  }
}

function nameOf({ id, database }: Deployment): string {
  return `${id} (database "${database}")`;
}
