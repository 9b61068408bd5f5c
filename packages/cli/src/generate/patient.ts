import { emitBilling } from './billing.ts';
import {
  emitCarePlan,
  emitCondition,
  emitImmunization,
  emitMedicationRequest,
  emitProcedure,
} from './clinical-events.ts';
import type { Clinic, Emit } from './clinic.ts';
import { allergyCodes, familyNames, givenNames, places, term } from './codes.ts';
import { emitNote } from './documents.ts';
import { emitLabs, emitVitals } from './observations.ts';
import { Random } from './random.ts';
import { makeVisit, metaOf, type Subject, type Visit } from './visit.ts';

const dayMs = 86_400_000;
const firstVisitMs = Date.UTC(2012, 0, 2, 8);
/** Days over which visits are spread. */
const days = 4900;

/** The id of a patient, known without making anything of the patient. */
export function patientId(seed: number, index: number): string {
  return new Random(seed, index).uuid();
}

/** Emits a patient and everything that happened to that patient. */
export function makePatient(
  seed: number,
  index: number,
  clinics: readonly Clinic[],
  emit: Emit,
): void {
  const random = new Random(seed, index);
  const subject = makeSubject(random, emit);
  const clinic = random.pick(clinics);
  if (random.chance(0.25)) emitAllergy(random, emit, subject);
  const visits = random.integer(14, 44);
  for (let number = 0; number < visits; number += 1) {
    const day = Math.floor(((number + random.fraction()) * days) / visits);
    const startMs = firstVisitMs + day * dayMs + random.integer(0, 36_000) * 1000;
    const where = random.chance(0.9) ? clinic : random.pick(clinics);
    emitVisit(makeVisit(random, emit, { subject, clinic: where, startMs }));
  }
}

function emitVisit(visit: Visit): void {
  const { random } = visit;
  emitVitals(visit);
  if (random.chance(0.45)) emitLabs(visit);
  if (random.chance(0.4)) emitCondition(visit);
  const procedures: string[] = [];
  while (procedures.length < 3 && random.chance(0.4)) procedures.push(emitProcedure(visit));
  if (random.chance(0.5)) emitMedicationRequest(visit);
  if (random.chance(0.3)) emitImmunization(visit);
  if (random.chance(0.06)) emitCarePlan(visit);
  if (random.chance(0.4)) emitNote(visit);
  emitBilling(visit, procedures);
}

function makeSubject(random: Random, emit: Emit): Subject {
  const id = random.uuid();
  const gender = random.pick(['male', 'female']);
  const given = random.pick(givenNames);
  const family = random.pick(familyNames);
  const bornMs = Date.UTC(1935, 0, 1) + random.integer(0, 27_000) * dayMs;
  const birthDate = new Date(bornMs).toISOString().slice(0, 10);
  const [city, state, postalCode] = random.pick(places);
  const record = `${random.integer(100, 999)}-${random.integer(10, 99)}-${random.integer(1000, 9999)}`;
  const extension = (name: string, code: string, display: string): string =>
    `{"url":"http://hl7.org/fhir/us/core/StructureDefinition/us-core-${name}","extension":[{"url":"ombCategory","valueCoding":{"system":"urn:oid:2.16.840.1.113883.6.238","code":"${code}","display":"${display}"}},{"url":"text","valueString":"${display}"}]}`;
  const race = random.pick([
    extension('race', '2106-3', 'White'),
    extension('race', '2054-5', 'Black or African American'),
    extension('race', '2028-9', 'Asian'),
  ]);
  const ethnicity = extension('ethnicity', '2186-5', 'Not Hispanic or Latino');
  const updated = metaOf(
    { random },
    firstVisitMs + random.integer(0, days) * dayMs,
    'us-core-patient',
  );
  emit(
    'Patient',
    `{"resourceType":"Patient","id":"${id}",${updated},"text":{"status":"generated","div":"<div xmlns=\\"http://www.w3.org/1999/xhtml\\">${given} ${family}, born ${birthDate}</div>"},"extension":[${race},${ethnicity}],"identifier":[{"system":"https://sluice.example/patients","value":"${id}"},{"type":${term('v2-0203', 'MR', 'Medical Record Number')},"system":"https://sluice.example/records","value":"${record}"}],"active":true,"name":[{"use":"official","family":"${family}","given":["${given}","${random.pick(givenNames)}"]}],"telecom":[{"system":"phone","value":"555-${random.integer(100, 999)}-${random.integer(1000, 9999)}","use":"home"}],"gender":"${gender}","birthDate":"${birthDate}","address":[{"line":["${random.integer(1, 990)} ${random.pick(familyNames)} Avenue"],"city":"${city}","state":"${state}","postalCode":"${postalCode}","country":"US"}],"maritalStatus":${term('v3-MaritalStatus', random.pick(['M', 'S', 'D']))},"multipleBirthBoolean":false,"communication":[{"language":{"coding":[{"system":"urn:ietf:bcp:47","code":"en-US","display":"English"}],"text":"English"}}]}`,
  );
  const age = Math.floor((firstVisitMs - bornMs) / dayMs / 365) + 6;
  return { id, name: `${given} ${family}`, age, gender };
}

function emitAllergy(random: Random, emit: Emit, subject: Subject): void {
  const recordedMs = firstVisitMs + random.integer(0, days) * dayMs;
  emit(
    'AllergyIntolerance',
    `{"resourceType":"AllergyIntolerance","id":"${random.uuid()}",${metaOf({ random }, recordedMs)},"clinicalStatus":${term('allergyintolerance-clinical', 'active')},"verificationStatus":${term('allergyintolerance-verification', 'confirmed')},"type":"allergy","category":["${random.pick(['food', 'environment', 'medication'])}"],"criticality":"${random.pick(['low', 'high'])}","code":${random.pick(allergyCodes).json},"patient":{"reference":"Patient/${subject.id}"},"recordedDate":"${new Date(recordedMs).toISOString()}"}`,
  );
}
