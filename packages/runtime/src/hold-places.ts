import { setTimeout as wait } from 'node:timers/promises';
import { claimPlace, ForeignPlaceError, type Deployment, type Place } from './deployment.ts';

/** How a process that starts claims its places. */
export interface HoldOptions {
  readonly readOwn: () => Promise<Deployment>;
  /** The start waits so long for places that do not answer; they are asked again behind it. */
  readonly waitMs: number;
  /** Told of each fault of a place that may pass. */
  readonly onFault: (error: unknown, place: string) => void;
  /** Told of a place that is another deployment's: the process is not to go on. */
  readonly onForeign: (error: ForeignPlaceError) => void;
}

const longestPauseMs = 60_000;

/** Claims every place, again while it does not answer. Resolves when all are claimed or `waitMs` are over. */
export async function holdPlaces(places: readonly Place[], options: HoldOptions): Promise<void> {
  const all = Promise.all(places.map((place) => hold(place, options)));
  const { waitMs } = options;
  await (waitMs === Infinity ? all : Promise.race([all, wait(waitMs, undefined, { ref: false })]));
}

async function hold(place: Place, options: HoldOptions): Promise<void> {
  for (let pauseMs = 500; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
    try {
      await claimPlace(place, await options.readOwn());
      return;
    } catch (error) {
      if (error instanceof ForeignPlaceError) {
        options.onForeign(error);
        return;
      }
      options.onFault(error, place.name);
    }
    await wait(pauseMs);
  }
}
