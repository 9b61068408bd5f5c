import { addMetaItem, type MetaItem } from './meta-item.ts';

/** How Azure's FHIR service marks a resource as deleted, in exports with `_deleted` and for imports. */
const deletedState = {
  url: 'http://azurehealthcareapis.com/data-extensions/deleted-state',
  valueString: 'soft-deleted',
} as const;

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
