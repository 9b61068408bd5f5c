import {
  expireExports,
  findExport,
  findOpenWork,
  findOrphanFolders,
  findStuckExports,
  listActiveExports,
  markExpired,
  noteHousekeeping,
  purgeHistory,
  readDeployment,
} from '@sluice/postgres';
import { claimPlace, errorFacts } from '@sluice/runtime';
import { isLeftByCheck } from '@sluice/storage';
import type { WorkerContext } from './context.ts';
import { failAndClean } from './end-export.ts';
import { enqueueParts } from './enqueue-parts.ts';
import { grantSlots } from './grant-slots.ts';

/** All of housekeeping. Safe to run anywhere, at any time, and twice at once. */
export async function keepHouse(context: WorkerContext): Promise<void> {
  const chores = {
    enqueueLostWork,
    failStuck,
    assertSlots,
    expire,
    removeOrphans,
    grantSlots,
    removeHistory,
  };
  for (const [chore, run] of Object.entries(chores)) {
    try {
      await run(context);
    } catch (error) {
      context.log.warn('housekeeping chore failed', { chore, ...errorFacts(error) });
    }
  }
}

/** What the end of an export leaves to do: its waiting jobs, its files, the next one's turn. */
export async function cleanUp(context: WorkerContext, exportId: string): Promise<void> {
  const { pool, queue, store } = context;
  const found = await findExport(pool, exportId);
  if (found?.state === 'cancelled' || found?.state === 'failed') {
    await queue.removeJobs(exportId, found.partsTotal);
    await store.removeFolder(found.folder);
    if (found.state === 'cancelled') await markExpired(pool, exportId);
  }
  await grantSlots(context);
}

/**
 * Postgres knows what is not done; a job id that is in the queue already is not added twice. Parts that
 * wait there in another's job may get one of their own too: whoever comes second finds nothing to do.
 */
async function enqueueLostWork(context: WorkerContext): Promise<void> {
  const { pool, queue } = context;
  const open = await findOpenWork(pool);
  for (const exportId of open.plans) await queue.enqueuePlan(exportId);
  if (open.parts.length > 0 && (await queue.countParts()) < open.parts.length) {
    await enqueueParts(context, open.parts);
  }
  for (const exportId of open.finishes) await queue.enqueueFinish(exportId);
}

async function failStuck(context: WorkerContext): Promise<void> {
  const { pool, settings } = context;
  await noteHousekeeping(pool, Math.max(30_000, 3 * settings.HOUSEKEEPING_INTERVAL));
  for (const stuck of await findStuckExports(pool, settings.STUCK_AFTER)) {
    await failAndClean(context, stuck.id, {
      severity: 'error',
      code: 'timeout',
      text: `The export was given up after ${Math.round(settings.STUCK_AFTER / 1000)} s without progress.`,
    });
  }
}

/** Redis may have lost the locks, or a crash may have left one behind. */
async function assertSlots({ pool, queue, places }: WorkerContext): Promise<void> {
  await claimPlace(places.redis, await readDeployment(pool));
  for (const { id, slot } of await listActiveExports(pool)) {
    if (slot !== undefined) await queue.slots.assert(slot, id);
  }
}

async function expire(context: WorkerContext): Promise<void> {
  const { pool, log } = context;
  for (const over of await expireExports(pool)) {
    // The row first: from then on no file is handed out; the folder is an orphan until it is gone.
    if (!(await markExpired(pool, over.id))) continue;
    log.info('export expired', { exportId: over.id });
    await removeFolder(context, over.folder);
  }
}

/**
 * Removes folders that no export owns: of exports that are over, of what a late writer has committed
 * after its folder was removed, and of health checks that were cut off. SPEC D-019
 */
async function removeOrphans(context: WorkerContext): Promise<void> {
  const { pool, store, places, log, orphanSearch } = context;
  if (!orphanSearch.isDue()) return;
  // Another deployment's exports would all be orphans here.
  await claimPlace(places.storage, await readDeployment(pool));
  const folders = await store.listFolders();
  const ours = folders.filter((name) => exportFolder.test(name));
  const orphans = ours.length === 0 ? [] : await findOrphanFolders(pool, ours);
  for (const folder of [...orphans, ...folders.filter((name) => isLeftByCheck(name))]) {
    if (await removeFolder(context, folder)) log.info('orphan folder removed', { folder });
  }
}

/** One folder that cannot be removed now, such as one under a legal hold, keeps no other in its place. */
async function removeFolder({ store, log }: WorkerContext, folder: string): Promise<boolean> {
  try {
    await store.removeFolder(folder);
    return true;
  } catch (error) {
    log.warn('folder is not removed', { folder, ...errorFacts(error) });
    return false;
  }
}

/** Last, since it may take long. */
async function removeHistory({ pool, settings, log }: WorkerContext): Promise<void> {
  const retention = settings.HISTORY_RETENTION;
  if (retention === 'forever') return;
  const versions = await purgeHistory(pool, retention);
  if (versions > 0) log.info('history removed', { versions });
}

/** Only what looks like ours is ever removed: `<datetime>_<uuid>`. */
const exportFolder = /^\d{8}T\d{6}Z_[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
