import type { Rights } from '@sluice/auth';
import { ExportError } from '@sluice/export';
import { readResource, readVersion, type StoredVersion } from '@sluice/postgres';
import type { Dependencies } from './dependencies.ts';
import { mayReadBinary, readableBinaries } from './may-read-binary.ts';

/** A Binary by its id: the present one, or one version of it. */
export interface BinaryAddress {
  readonly id: string;
  readonly versionId?: string | undefined;
}

/**
 * Finds a Binary for somebody. A version may be had by who may read the Binary as it is now and as it was then, so that one that was
 * moved to another patient does not show its past. What is deleted is told only to those who may read every Binary.
 *
 * @throws ExportError `not-found`; `deleted` when the Binary, or the version that is asked for, is a deletion, or went with one
 */
export async function findBinary(
  deps: Pick<Dependencies, 'pool' | 'baseUrl' | 'otherBases' | 'now'>,
  rights: Rights,
  { id, versionId }: BinaryAddress,
): Promise<StoredVersion> {
  const isShown = async ({ deleted, body }: StoredVersion): Promise<boolean> =>
    readableBinaries(rights) === 'all' || (!deleted && (await mayReadBinary(deps, rights, body)));
  const present = await readResource(deps.pool, 'Binary', id);
  if (present === undefined || !(await isShown(present))) {
    throw new ExportError('not-found', 'There is no Binary with this id.');
  }
  if (versionId === undefined || versionId === present.versionId) return undeleted(present);
  const version = await readVersion(deps.pool, 'Binary', id, versionId);
  if (version !== undefined && (await isShown(version))) return undeleted(version);
  undeleted(present);
  const text =
    'The Binary with this id is there, but has no version with this id, or none that is kept.';
  throw new ExportError('not-found', text);
}

function undeleted(found: StoredVersion): StoredVersion {
  if (!found.deleted) return found;
  throw new ExportError('deleted', 'The Binary with this id is deleted.');
}
