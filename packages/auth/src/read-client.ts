import { isId } from '@sluice/fhir';
import { AuthError } from './errors.ts';
import { faultsOfKeySet, readKeySet } from './key-set.ts';
import { clientIdPattern, type RegisteredClient } from './registered-client.ts';
import { checkScopesSize } from './scope-limits.ts';
import { parseScope, splitScopes } from './scopes.ts';

/** What clients are registered for unless it is said. */
export const defaultScopes = ['system/*.rs'];

/** What of a client is not as it has to be; `faults` has one line each. */
export class ClientError extends Error {
  readonly code = 'invalid-client';
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(faults.join('\n'));
    this.name = 'ClientError';
    this.faults = faults;
  }
}

const members = ['id', 'jwks', 'jwksUrl', 'scopes', 'groups', 'patients', 'slots', 'disabled'];

/** Reads the description of a client, as it stands in a file or was put together from options. @throws ClientError */
export function readClient(value: unknown): RegisteredClient {
  if (typeof value !== 'object' || value === null)
    throw new ClientError(['A client is an object.']);
  const given = value as Record<string, unknown>;
  const { id, jwks, jwksUrl, slots, disabled = false } = given;
  const scopes =
    textsOf(given['scopes']) ?? (given['scopes'] === undefined ? defaultScopes : undefined);
  const groups = idsOf(given['groups'], 'Group/');
  const patients = idsOf(given['patients'], 'Patient/');
  const isNamed = typeof id === 'string' && clientIdPattern.test(id);
  const faults = [
    ...Object.keys(given)
      .filter((name) => !members.includes(name))
      .map((name) => `${JSON.stringify(name)} is not known; accepted: ${members.join(', ')}.`),
    ...(isNamed ? [] : ['id has to begin with a letter or digit and be short and printable.']),
    ...((jwks === undefined) === (jwksUrl === undefined)
      ? ['A client has either jwks or jwksUrl.']
      : []),
    ...(jwks === undefined ? [] : faultsOfKeySet(jwks)),
    ...(jwksUrl === undefined || isWebUrl(jwksUrl) ? [] : ['jwksUrl is not an https URL.']),
    ...(scopes === undefined || scopes.length === 0
      ? ['scopes is a text, or a list of texts, with at least one scope.']
      : faultsOfScopes(scopes)),
    ...(groups === null ? ['groups is a list of ids of Groups.'] : []),
    ...(patients === null ? ['patients is a list of ids of Patients.'] : []),
    ...(slots === undefined || isCount(slots) ? [] : ['slots is a whole number from 1 to 1000.']),
    ...(typeof disabled === 'boolean' ? [] : ['disabled is true or false.']),
  ].map((fault) => (isNamed ? `client ${id}: ${fault}` : fault));
  if (faults.length > 0) throw new ClientError(faults);
  return {
    id: id as string,
    ...(jwks === undefined ? { jwksUrl: jwksUrl as string } : { jwks: readKeySet(jwks) }),
    scopes: scopes ?? defaultScopes,
    ...(groups ? { groups } : {}),
    ...(patients ? { patients } : {}),
    ...(slots === undefined ? {} : { slots: slots as number }),
    disabled: disabled as boolean,
  };
}

/** Reads a CLIENTS_FILE: `{ "clients": [ … ] }`. @throws ClientError with the faults of all of them */
export function readClients(text: string): RegisteredClient[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new ClientError(['The file is not JSON.']);
  }
  const { clients } = (value ?? {}) as { clients?: unknown };
  if (!Array.isArray(clients)) throw new ClientError(['The file has no list "clients".']);
  const faults: string[] = [];
  const read = clients.flatMap((client) => {
    try {
      return [readClient(client)];
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
      faults.push(...error.faults);
      return [];
    }
  });
  const ids = read.map(({ id }) => id);
  const twice = ids.filter((id, index) => ids.indexOf(id) !== index);
  faults.push(...twice.map((id) => `client ${id} is there twice.`));
  if (faults.length > 0) throw new ClientError(faults);
  return read;
}

function textsOf(value: unknown): string[] | undefined {
  if (typeof value === 'string') return splitScopes(value);
  if (!Array.isArray(value) || !value.every((item) => typeof item === 'string')) return undefined;
  return value.flatMap(splitScopes);
}

/** `null` when it is no list of ids. */
function idsOf(value: unknown, prefix: string): string[] | undefined | null {
  if (value === undefined) return undefined;
  if (!Array.isArray(value)) return null;
  const ids = value.map((item) => (typeof item === 'string' ? item.replace(prefix, '') : ''));
  return ids.every(isId) ? [...new Set(ids)] : null;
}

function faultsOfScopes(scopes: readonly string[]): string[] {
  try {
    checkScopesSize(scopes.length, scopes.join(' ').length, 'It');
  } catch (error) {
    if (error instanceof AuthError) return [error.message];
    throw error;
  }
  return scopes.filter((scope) => parseScope(scope) === undefined).map(faultOfScope);
}

function faultOfScope(scope: string): string {
  return `${JSON.stringify(scope)} is not a scope; accepted: such as system/*.rs, system/Patient.read or system/Observation.rs?category=laboratory.`;
}

function isWebUrl(value: unknown): boolean {
  return typeof value === 'string' && /^https?:\/\/[^\s/?#][^\s#]*$/.test(value);
}

function isCount(value: unknown): boolean {
  return Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 1000;
}
