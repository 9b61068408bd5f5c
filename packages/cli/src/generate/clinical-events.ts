import { concept, medicationCodes, procedureCodes, systems, term, vaccineCodes } from './codes.ts';
import { metaOf, type Visit } from './visit.ts';

/** The diagnosis of a visit. */
export function emitCondition(visit: Visit): void {
  const { random, emit, start, end, startMs } = visit;
  const over = random.chance(0.6);
  const abated = over ? `"abatementDateTime":"${end}",` : '';
  emit(
    'Condition',
    `{"resourceType":"Condition","id":"${random.uuid()}",${metaOf(visit, startMs, 'us-core-condition')},"identifier":[{"value":"${random.uuid()}"}],"clinicalStatus":${term('condition-clinical', over ? 'resolved' : 'active')},"verificationStatus":${term('condition-ver-status', 'confirmed')},"category":[${term('condition-category', 'encounter-diagnosis', 'Encounter Diagnosis')}],"code":${visit.reason.json},${visit.about},"onsetDateTime":"${start}",${abated}"recordedDate":"${start}"}`,
  );
}

/** Something done during a visit; answers its id, for the bill. */
export function emitProcedure(visit: Visit): string {
  const { random, emit, start, end, startMs, clinic, doctor } = visit;
  const id = random.uuid();
  emit(
    'Procedure',
    `{"resourceType":"Procedure","id":"${id}",${metaOf(visit, startMs, 'us-core-procedure')},"identifier":[{"value":"${random.uuid()}"}],"status":"completed","code":${random.pick(procedureCodes).json},${visit.about},"performedPeriod":{"start":"${start}","end":"${end}"},"performer":[{"actor":{"reference":"Practitioner/${doctor.id}","display":"${doctor.name}"}}],"location":{"reference":"Location/${clinic.location}","display":"${clinic.name}"},"reasonCode":[${visit.reason.json}]}`,
  );
  return id;
}

/** A prescription. */
export function emitMedicationRequest(visit: Visit): void {
  const { random, emit, start, startMs, doctor } = visit;
  const times = random.integer(1, 3);
  const status = random.chance(0.7) ? 'completed' : 'active';
  emit(
    'MedicationRequest',
    `{"resourceType":"MedicationRequest","id":"${random.uuid()}",${metaOf(visit, startMs, 'us-core-medicationrequest')},"identifier":[{"value":"${random.uuid()}"}],"status":"${status}","intent":"order","category":[${term('medicationrequest-category', 'community', 'Community')}],"medicationCodeableConcept":${random.pick(medicationCodes).json},${visit.about},"authoredOn":"${start}","requester":{"reference":"Practitioner/${doctor.id}","display":"${doctor.name}"},"reasonCode":[${visit.reason.json}],"dosageInstruction":[{"sequence":1,"text":"Take ${times} a day, with water and after a meal.","timing":{"repeat":{"frequency":${times},"period":1.0,"periodUnit":"d"}},"asNeededBoolean":false,"doseAndRate":[{"type":${term('dose-rate-type', 'ordered', 'Ordered')},"doseQuantity":{"value":1.0}}]}],"dispenseRequest":{"numberOfRepeatsAllowed":${random.integer(0, 5)},"expectedSupplyDuration":{"value":${random.integer(2, 12) * 7},"unit":"days","system":"${systems.ucum}","code":"d"}}}`,
  );
}

/** A vaccination. */
export function emitImmunization(visit: Visit): void {
  const { random, emit, start, startMs, clinic } = visit;
  emit(
    'Immunization',
    `{"resourceType":"Immunization","id":"${random.uuid()}",${metaOf(visit, startMs, 'us-core-immunization')},"status":"completed","vaccineCode":${random.pick(vaccineCodes).json},"patient":{"reference":"Patient/${visit.subject.id}"},"encounter":{"reference":"Encounter/${visit.encounterId}"},"occurrenceDateTime":"${start}","primarySource":true,"location":{"reference":"Location/${clinic.location}","display":"${clinic.name}"},"lotNumber":"${random.integer(100000, 999999)}","doseQuantity":{"value":0.50,"unit":"mL","system":"${systems.ucum}","code":"mL"}}`,
  );
}

/** What was agreed for the time after a visit. */
export function emitCarePlan(visit: Visit): void {
  const { random, emit, start, startMs } = visit;
  const activity = (code: string, display: string): string =>
    `{"detail":{"code":${concept(systems.snomed, code, display)},"status":"in-progress","location":{"display":"${visit.clinic.name}"},"description":"${display}, ${random.integer(2, 5)} times a week"}}`;
  emit(
    'CarePlan',
    `{"resourceType":"CarePlan","id":"${random.uuid()}",${metaOf(visit, startMs, 'us-core-careplan')},"text":{"status":"generated","div":"<div xmlns=\\"http://www.w3.org/1999/xhtml\\">Care plan for ${visit.reason.display}.<ul><li>Diet</li><li>Exercise</li></ul></div>"},"status":"active","intent":"order","category":[${concept(systems.snomed, '734163000', 'Care plan (record artifact)')}],${visit.about},"period":{"start":"${start}"},"activity":[${activity('160670007', 'Diabetic diet (finding)')},${activity('229065009', 'Exercise therapy (regime/therapy)')}]}`,
  );
}
