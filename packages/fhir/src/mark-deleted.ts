import { addMetaItem, type MetaItem } from './meta-item.ts';

/** How Azure's FHIR service marks a resource as deleted, in exports with `_deleted` and for imports. */
const deletedState = {
  url: 'http://azurehealthcareapis.com/data-extensions/deleted-state',
  valueString: 'soft-deleted',
} as const;

/** Says quickly that a text has no such mark. */
const markUrl = Buffer.from('/data-extensions/deleted-state');

/** Says whether a resource has the mark of `markDeleted` in its `meta`. The text has to be valid JSON. */
export function isMarkedDeleted(line: Buffer): boolean {
  if (!line.includes(markUrl)) return false;
  const { meta } = JSON.parse(line.toString()) as { meta?: { extension?: unknown } | null };
  return Array.isArray(meta?.extension) && meta.extension.some(mark.isSame);
}

const mark: MetaItem = {
  list: 'extension',
  text: JSON.stringify(deletedState),
  isSame: (item) => {
    const { url, valueString } = (item ?? {}) as Partial<Record<string, unknown>>;
    return url === deletedState.url && valueString === deletedState.valueString;
  },
};

/**
 * Adds to the text of a resource's last version that it was deleted since: an extension of `meta` (SPEC F-042). The rest
 * stays as it is to the byte; a text that is marked comes back as it is. Throws a `ResourceTextError` when `meta` or
 * `meta.extension` is of the wrong shape.
 */
export function markDeleted(line: Buffer): Buffer {
  return addMetaItem(line, mark);
}
