import { concept, medicationCodes, systems } from './codes.ts';
import { metaOf, type Visit } from './visit.ts';

const noteType = concept(systems.loinc, '34117-2', 'History and physical note');
const category = `{"coding":[{"system":"http://hl7.org/fhir/us/core/CodeSystem/us-core-documentreference-category","code":"clinical-note","display":"Clinical Note"}]}`;

const complaints = [
  'Headache',
  'Cough',
  'Fatigue',
  'Joint pain',
  'Dizziness',
  'Sore throat',
  'Back pain',
  'Shortness of breath',
];
const habits = [
  'has never smoked',
  'stopped smoking years ago',
  'smokes every day',
  'drinks alcohol rarely',
];
const homes = [
  'lives with family',
  'lives alone',
  'lives in assisted housing',
  'moved here recently',
];
const plans = [
  'return in three months',
  'continue as before',
  'repeat the laboratory values in six weeks',
  'begin physical therapy',
  'see a specialist',
];

/** The note a doctor writes about a visit, as an attachment. */
export function emitNote(visit: Visit): void {
  const { random, emit, start, end, startMs, doctor, clinic } = visit;
  const id = random.uuid();
  const data = Buffer.from(noteText(visit)).toString('base64');
  emit(
    'DocumentReference',
    `{"resourceType":"DocumentReference","id":"${id}",${metaOf(visit, startMs, 'us-core-documentreference')},"identifier":[{"system":"urn:ietf:rfc:3986","value":"urn:uuid:${id}"}],"status":"current","type":${noteType},"category":[${category}],"subject":{"reference":"Patient/${visit.subject.id}"},"date":"${start}","author":[{"reference":"Practitioner/${doctor.id}","display":"${doctor.name}"}],"custodian":{"reference":"Organization/${clinic.organization}","display":"${clinic.name}"},"content":[{"attachment":{"contentType":"text/plain; charset=utf-8","data":"${data}"},"format":{"system":"http://ihe.net/fhir/ValueSet/IHE.FormatCode.codesystem","code":"urn:ihe:iti:xds:2017:mimeTypeSufficient","display":"mimeType Sufficient"}}],"context":{"encounter":[{"reference":"Encounter/${visit.encounterId}"}],"period":{"start":"${start}","end":"${end}"}}}`,
  );
}

function noteText({ random, start, subject, reason, doctor }: Visit): string {
  const medications = [random.pick(medicationCodes), random.pick(medicationCodes)];
  return `${start.slice(0, 10)}

# Chief Complaint
${random.pick(complaints)}, ${random.pick(complaints)} for ${random.integer(2, 20)} days.

# History of Present Illness
${subject.name} is a ${subject.age} year-old ${subject.gender}, presenting with ${reason.display}.

# Social History
The patient ${random.pick(homes)} and ${random.pick(habits)}.

# Medications
${medications.map(({ display }) => display).join('; ')}

# Assessment and Plan
${reason.display}: ${random.pick(plans)}; ${random.pick(plans)}.
Signed: ${doctor.name}
`;
}
