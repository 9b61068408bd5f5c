import { attachmentTypes } from '@sluice/fhir';
import { text, texts } from './literals.ts';
import type { Queryable } from './pool.ts';

/** So many of them are looked at: a Binary is part of one document, or of a few. */
const mostReferrers = 50;

/** A resource that names a Binary. */
export interface Referrer {
  readonly type: string;
  readonly body: string;
}

/** The present resources of types with attachments whose text names a Binary, the newest first, at most 50. */
export async function findBinaryReferrers(db: Queryable, binaryId: string): Promise<Referrer[]> {
  const { rows } = await db.query<Referrer>(
    `select r.type, r.body from sluice.resources r
      where r.type in (${texts([...attachmentTypes])}) and r.is_current and not r.deleted
        and strpos(r.body, 'Binary') > 0 and sluice.binaries_of(r.body) @> array[${text(binaryId)}]
      order by r.seq desc limit ${mostReferrers}`,
  );
  return rows;
}
