import { type Code, conditionCodes, encounterTypes, term } from './codes.ts';
import type { Clinic, Emit } from './clinic.ts';
import type { Random } from './random.ts';

/** Whom a visit is about. */
export interface Subject {
  readonly id: string;
  readonly name: string;
  readonly age: number;
  readonly gender: string;
}

/** One visit: what its resources have in common, rendered once. */
export interface Visit {
  readonly random: Random;
  readonly emit: Emit;
  readonly subject: Subject;
  readonly clinic: Clinic;
  readonly doctor: { readonly id: string; readonly name: string };
  readonly encounterId: string;
  readonly type: Code;
  readonly reason: Code;
  /** Instants of its begin and end. */
  readonly start: string;
  readonly end: string;
  readonly startMs: number;
  /** `"subject":{…},"encounter":{…}` */
  readonly about: string;
}

/** Everything is over before this: what is generated does not depend on the day. */
const latestMs = Date.UTC(2026, 0, 1);

/** `meta` with a lastUpdated some days after what it is about, and the message that brought it. */
export function metaOf({ random }: Pick<Visit, 'random'>, ms: number, profile?: string): string {
  const updated = Math.min(ms + 60_000 + Math.floor(random.fraction() * 3e9), latestMs);
  const text = new Date(updated).toISOString();
  const begin = `"meta":{"versionId":"1","lastUpdated":"${text}","source":"urn:uuid:${random.uuid()}"`;
  return profile === undefined
    ? `${begin}}`
    : `${begin},"profile":["http://hl7.org/fhir/us/core/StructureDefinition/${profile}"]}`;
}

/** Begins a visit and emits its Encounter. */
export function makeVisit(
  random: Random,
  emit: Emit,
  given: { subject: Subject; clinic: Clinic; startMs: number },
): Visit {
  const { subject, clinic, startMs } = given;
  const doctor = random.pick(clinic.practitioners);
  const encounterId = random.uuid();
  const start = new Date(startMs).toISOString();
  const end = new Date(startMs + random.integer(15, 90) * 60_000).toISOString();
  const type = random.pick(encounterTypes);
  const reason = random.pick(conditionCodes);
  const about = `"subject":{"reference":"Patient/${subject.id}"},"encounter":{"reference":"Encounter/${encounterId}"}`;
  const visit = {
    random,
    emit,
    subject,
    clinic,
    doctor,
    encounterId,
    type,
    reason,
    start,
    end,
    startMs,
    about,
  };
  const period = `{"start":"${start}","end":"${end}"}`;
  const kind = random.chance(0.85) ? 'AMB' : 'EMER';
  emit(
    'Encounter',
    `{"resourceType":"Encounter","id":"${encounterId}",${metaOf(visit, startMs, 'us-core-encounter')},"identifier":[{"use":"official","system":"https://sluice.example/encounters","value":"${random.uuid()}"},{"type":{"text":"Account"},"value":"${random.uuid()}"},{"type":{"text":"Order"},"value":"${random.uuid()}"}],"status":"finished","class":{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"${kind}"},"type":[${type.json}],"subject":{"reference":"Patient/${subject.id}","display":"${subject.name}"},"participant":[{"type":[${term('v3-ParticipationType', 'PPRF', 'primary performer')}],"period":${period},"individual":{"reference":"Practitioner/${doctor.id}","display":"${doctor.name}"}}],"period":${period},"reasonCode":[${reason.json}],"location":[{"location":{"reference":"Location/${clinic.location}","display":"${clinic.name}"}}],"serviceProvider":{"reference":"Organization/${clinic.organization}","display":"${clinic.name}"}}`,
  );
  return visit;
}
