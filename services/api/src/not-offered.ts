import { isResourceType } from '@sluice/fhir';

const levels = '$export, Patient/$export and Group/[id]/$export';

/**
 * What to say of an address that no route took: what of its kind is offered instead. Nothing of the address is repeated, since it can
 * name a patient.
 *
 * @param path below the FHIR base, beginning with a slash
 */
export function notOffered(method: string, path: string): string {
  const [first = '', ...rest] = path.split('/').filter((segment) => segment !== '');
  const last = rest.at(-1) ?? first;
  if (first === '') return atBase(method);
  if (last === '$export') return exportElsewhere(first);
  if (last.startsWith('$')) return `This operation is not offered; offered: ${levels}.`;
  if (isResourceType(first)) return ofType(method, rest);
  return `There is nothing at this address; offered: ${levels}, reading by [type]/[id], and GET metadata.`;
}

function atBase(method: string): string {
  return method === 'POST'
    ? `Batches and transactions are not offered; offered: ${levels}. Resources are stored by sluice load.`
    : `A search of all types is not offered; offered: ${levels}, and a search of Groups (GET Group).`;
}

function exportElsewhere(type: string): string {
  if (type === 'Patient') {
    return 'An export of a single patient is not offered; offered: Patient/$export with the parameter patient, such as Patient/$export?patient=[id].';
  }
  return `This export is not offered; offered: ${levels}, which take _type.`;
}

function ofType(method: string, rest: readonly string[]): string {
  const isSearch =
    rest.length === 0 ? method !== 'POST' : rest.length === 1 && rest[0] === '_search';
  if (isSearch) {
    return 'A search of this type is not offered; offered: a search of Groups (GET Group, POST Group/_search), and reading by [type]/[id].';
  }
  if (rest.length === 0)
    return 'Creating resources is not offered; they are stored by sluice load.';
  return 'This interaction is not offered; offered: reading a resource as it is now, by [type]/[id].';
}
