import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';

/** One resource of the data: what a test must know of it, found out by the test alone. */
export interface Sample {
  readonly type: string;
  readonly id: string;
  /** The NDJSON line without its end, the bytes every export has to give back. */
  readonly line: string;
  /** meta.lastUpdated as microseconds since 1970. */
  readonly updated: bigint;
  /** Patients in whose compartment it is. */
  readonly patients: ReadonlySet<string>;
  /** Of a Group: its members, as written. */
  readonly members: readonly Member[];
}

/** A member of a Group. */
export interface Member {
  readonly reference: string;
  readonly inactive: boolean;
}

/** Folder of the Synthea data, or `undefined` where it is not at hand. */
export function syntheaFolder(): string | undefined {
  const folder = resolve('../shared/data/synthea');
  return existsSync(join(folder, 'Patient.ndjson.gz')) ? folder : undefined;
}

/** Reads every resource of a folder of NDJSON files. */
export function readSamples(folder: string): Sample[] {
  return readLines(folder).map(readSample);
}

/** The lines of a folder of NDJSON files. */
export function readLines(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => /\.ndjson(\.gz)?$/.test(name))
    .sort()
    .flatMap((name) => {
      const bytes = readFileSync(join(folder, name));
      const text = (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString();
      return text.trimEnd().split('\n');
    });
}

interface Reading {
  readonly resourceType: string;
  readonly id: string;
  readonly meta: { readonly lastUpdated: string };
  readonly member?: readonly { entity: { reference: string }; inactive?: boolean }[];
}

/** Reads what a test must know of one resource. */
export function readSample(line: string): Sample {
  const resource = JSON.parse(line) as Reading;
  const { resourceType: type, id } = resource;
  return {
    type,
    id,
    line,
    updated: microseconds(resource.meta.lastUpdated),
    patients: patientsOf(type, id, resource),
    members: (resource.member ?? []).map(({ entity, inactive }) => ({
      reference: entity.reference,
      inactive: inactive === true,
    })),
  };
}

/** Microseconds since 1970 of an instant with any offset and up to six digits of a second. */
export function microseconds(instant: string): bigint {
  const match = /^(.{19})(?:\.(\d{1,6}))?(Z|[+-]\d\d:\d\d)$/.exec(instant);
  if (!match) throw new Error(`not an instant: ${instant}`);
  const [, seconds = '', fraction = '', offset = ''] = match;
  return BigInt(Date.parse(seconds + offset)) * 1000n + BigInt(fraction.padEnd(6, '0'));
}

/**
 * The search parameters that the Patient CompartmentDefinition of R4 names for the types in the
 * data, as element paths. Types that are not here are in nobody's compartment.
 * https://hl7.org/fhir/R4/compartmentdefinition-patient.html
 */
const compartment: Readonly<Record<string, readonly string[]>> = {
  AllergyIntolerance: ['patient', 'recorder', 'asserter'],
  CarePlan: ['subject', 'activity/detail/performer'],
  CareTeam: ['subject', 'participant/member'],
  Claim: ['patient', 'payee/party'],
  Condition: ['subject', 'asserter'],
  DiagnosticReport: ['subject'],
  DocumentReference: ['subject', 'author'],
  Encounter: ['subject'],
  ExplanationOfBenefit: ['patient', 'payee/party'],
  Group: ['member/entity'],
  ImagingStudy: ['subject'],
  Immunization: ['patient'],
  MedicationAdministration: ['subject', 'performer/actor'],
  MedicationRequest: ['subject'],
  Observation: ['subject', 'performer'],
  Patient: ['link/other'],
  Procedure: ['subject', 'performer/actor'],
  Provenance: ['target'],
  SupplyDelivery: ['patient'],
};

function patientsOf(type: string, id: string, resource: unknown): Set<string> {
  const found = new Set(type === 'Patient' ? [id] : []);
  for (const path of compartment[type] ?? []) {
    let values: unknown[] = [resource];
    for (const name of [...path.split('/'), 'reference']) {
      values = values.flatMap((value) => (value as Record<string, unknown[]>)[name] ?? []);
    }
    for (const value of values) {
      const match = /^Patient\/([^/]+)(\/_history\/.*)?$/.exec(String(value));
      if (match?.[1]) found.add(match[1]);
    }
  }
  return found;
}

/** Whether a type can be in a patient's compartment at all. */
export function isCompartmentType(type: string): boolean {
  return type in compartment;
}

/** Whom a Group holds: nested Groups followed, inactive members and patients not at hand left out. */
export function groupPatients(samples: readonly Sample[], groupId: string): Set<string> {
  const groups = new Map(samples.filter(({ type }) => type === 'Group').map((g) => [g.id, g]));
  const present = new Set(samples.filter(({ type }) => type === 'Patient').map(({ id }) => id));
  const visited = new Set<string>();
  const found = new Set<string>();
  const visit = (id: string): void => {
    if (visited.has(id)) return;
    visited.add(id);
    for (const { reference, inactive } of groups.get(id)?.members ?? []) {
      const [type, member = ''] = reference.split('/');
      if (inactive) continue;
      if (type === 'Patient' && present.has(member)) found.add(member);
      if (type === 'Group') visit(member);
    }
  };
  visit(groupId);
  return found;
}

/**
 * Writes a small data set of the same make, for machines without Synthea's: patients with data of
 * several types, resources in two compartments and in none, decimals whose text matters, mixed
 * offsets, and the same four Groups.
 */
export async function writeSmallData(folder: string, patients = 30): Promise<void> {
  const ids = Array.from({ length: patients }, (_, n) => `pat-${String(n).padStart(3, '0')}`);
  const lines: string[] = [];
  const put = (type: string, id: string, rest: string): void => {
    lines.push(
      `{"resourceType":"${type}","id":"${id}","meta":{"lastUpdated":"${stamp(lines.length)}"}${rest}}`,
    );
  };
  const subject = (id: string) => `,"subject":{"reference":"Patient/${id}"}`;
  ids.forEach((id, n) => {
    const next = ids[(n + 1) % ids.length] ?? id;
    put('Patient', id, `,"name":[{"family":"Zoë \\"${n}\\" \\u00e9"}]`);
    put(
      'Encounter',
      `enc-${n}`,
      `,"status":"finished"${subject(id)},"participant":[{"individual":{"reference":"PractitionerRole/role-${n % 7}"}}]`,
    );
    put(
      'Procedure',
      `proc-${n}`,
      `${subject(id)},"usedReference":[{"reference":"Device/tool-${n % 4}"},{"reference":"Device/dev-${(n + 3) % ids.length}"}],"location":{"reference":"Location\\/loc-${n % 5}"}`,
    );
    put(
      'CareTeam',
      `team-${n}`,
      `${subject(id)},"participant":[{"member":{"reference":"Patient/${next}"}}]`,
    );
    put(
      'Claim',
      `claim-${n}`,
      `,"patient":{"reference":"Patient/${id}"},"total":{"value":${n}.00}`,
    );
    put(
      'Provenance',
      `prov-${n}`,
      `,"target":[{"reference":"Encounter/enc-${n}"},{"reference":"Patient/${id}"}]`,
    );
    for (let k = 0; k < 20; k += 1) {
      put('Observation', `obs-${n}-${k}`, `${subject(id)},"valueQuantity":{"value":${k}.0}`);
    }
    put('Practitioner', `prac-${n}`, `,"active":true`);
    put('Device', `dev-${n}`, `,"patient":{"reference":"Patient/${id}"}`);
    // Only told of its patient by way of what it targets.
    put('Provenance', `late-${n}`, `,"target":[{"reference":"Claim/claim-${n}"}]`);
    put('Task', `task-${n}`, `,"for":{"reference":"Patient/${id}"}`);
  });
  for (let n = 0; n < 8; n += 1) {
    const owner = `,"managingOrganization":{"reference":"Organization/org-${n % 3}"}`;
    put('Location', `loc-${n}`, owner);
    put('Organization', `org-${n}`, `,"partOf":{"reference":"Organization/org-${n + 1}"}`);
    put('Device', `tool-${n}`, `,"owner":{"reference":"Organization/org-5"}`);
    put('PractitionerRole', `role-${n}`, `,"practitioner":{"reference":"Practitioner/prac-${n}"}`);
  }
  const member = (reference: string, more = '') => `{"entity":{"reference":"${reference}"}${more}}`;
  const group = (id: string, members: string[]) =>
    put('Group', id, members.length === 0 ? '' : `,"member":[${members.join(',')}]`);
  const all = ids.map((id) => member(`Patient/${id}`));
  group('ten-patients', all.slice(0, 10));
  group('all-patients', all);
  group('empty-group', []);
  group('edge-members', [
    member('Patient/pat-011'),
    member('Patient/pat-012', ',"inactive":true'),
    member('Patient/pat-013'),
    member('Patient/not-on-this-server'),
    member('Group/ten-patients'),
    member('Practitioner/prac-1'),
    member('Patient/pat-011'),
    member('Patient/pat-014', ',"inactive":false'),
  ]);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'small.ndjson'), `${lines.join('\n')}\n`);
}

/** Instants over some years, most with milliseconds, some without, some with offsets. */
function stamp(n: number): string {
  const at = new Date(Date.UTC(2019, 0, 1) + ((n * 7919) % 2500) * 86_400_000 + n * 1237);
  const text = at.toISOString();
  if (n % 10 === 3) return `${text.slice(0, 19)}Z`;
  if (n % 10 === 5) return `${text.slice(0, 23)}-05:00`;
  if (n % 10 === 7) return `${text.slice(0, 23)}+05:30`;
  return n % 10 === 9 ? `${text.slice(0, 23)}456Z` : text;
}
