import { isVersionId, parseInstant, scanObject } from '@sluice/fhir';
import type { ReadResource } from './stage-resource.ts';

/**
 * Rewrites `meta.versionId` and `meta.lastUpdated` that are not as R4 has them to what they mean: numbers, ETags (`W/"1"`), offsets without a
 * colon, instants without an offset (UTC), dates. What has no plain meaning is taken out, for the store to write its own. The
 * rest stays to the byte; a resource with nothing to rewrite comes back as it is.
 */
export function tidyMeta(read: ReadResource): ReadResource {
  const meta = read.resource['meta'];
  if (typeof meta !== 'object' || meta === null || Array.isArray(meta)) return read;
  const { versionId, lastUpdated, ...others } = meta as Readonly<Record<string, unknown>>;
  const tidied = { versionId: tidyVersion(versionId), lastUpdated: tidyInstant(lastUpdated) };
  if (tidied.versionId === versionId && tidied.lastUpdated === lastUpdated) return read;
  const span = scanObject(read.bytes, 0, ['meta'])[0]?.value;
  if (span === undefined) return read;
  const members = scanObject(read.bytes, span.start).flatMap(({ name, value }) => {
    const isTidied = name === 'versionId' || name === 'lastUpdated';
    const kept = read.bytes.toString('utf8', value.start, value.end);
    const text = isTidied ? JSON.stringify(tidied[name]) : kept;
    return (text as string | undefined) === undefined ? [] : [`${JSON.stringify(name)}:${text}`];
  });
  const bytes = Buffer.concat([
    read.bytes.subarray(0, span.start),
    Buffer.from(`{${members.join(',')}}`),
    read.bytes.subarray(span.end),
  ]);
  return { bytes, resource: { ...read.resource, meta: { ...others, ...tidied } } };
}

function tidyVersion(value: unknown): string | undefined {
  const text = typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : value;
  if (typeof text !== 'string') return undefined;
  const bare = /^(?:W\/)?"(.*)"$/.exec(text)?.[1] ?? text;
  return isVersionId(bare) ? bare : undefined;
}

const looseInstant =
  /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(:\d\d(?:\.\d+)?)? ?(Z|[+-]\d\d:?\d\d)?)?$/i;

function tidyInstant(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  if (parseInstant(value) !== undefined) return value;
  const [, date, minutes = '00:00', seconds = ':00', zone = 'Z'] = looseInstant.exec(value) ?? [];
  if (date === undefined) return undefined;
  const offset = zone.length === 5 ? `${zone.slice(0, 3)}:${zone.slice(3)}` : zone.toUpperCase();
  const instant = `${date}T${minutes}${seconds}${offset}`;
  return parseInstant(instant) === undefined ? undefined : instant;
}
