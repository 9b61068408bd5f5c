import { concept, systems, term } from './codes.ts';
import { labPanels, vitals, type Measure } from './measures.ts';
import { metaOf, type Visit } from './visit.ts';

const vitalCategory = term('observation-category', 'vital-signs', 'Vital signs');
const labCategory = term('observation-category', 'laboratory', 'Laboratory');
const bloodPressure = concept(
  systems.loinc,
  '85354-9',
  'Blood pressure panel with all children optional',
);
const systolic = concept(systems.loinc, '8480-6', 'Systolic Blood Pressure');
const diastolic = concept(systems.loinc, '8462-4', 'Diastolic Blood Pressure');
const high = term('v3-ObservationInterpretation', 'H', 'High');
const low = term('v3-ObservationInterpretation', 'L', 'Low');
const normal = term('v3-ObservationInterpretation', 'N', 'Normal');

/** The vital signs of a visit: one Observation each, and one of two components. */
export function emitVitals(visit: Visit): void {
  const { random, emit } = visit;
  for (const measure of vitals) {
    if (random.chance(0.92)) emitMeasured(visit, measure, vitalCategory);
  }
  const component = (code: string, value: string): string =>
    `{"code":${code},"valueQuantity":${quantity(value, 'mm[Hg]', 'mm[Hg]')}}`;
  const parts = `${component(diastolic, random.decimal(60, 98, 1))},${component(systolic, random.decimal(95, 165, 1))}`;
  emit(
    'Observation',
    `{"resourceType":"Observation","id":"${random.uuid()}",${head(visit, vitalCategory)},"code":${bloodPressure},${tail(visit)},"component":[${parts}]}`,
  );
}

/** A laboratory panel: its Observations, and the DiagnosticReport that lists them. */
export function emitLabs(visit: Visit): void {
  const { random, emit, start, startMs, doctor, clinic } = visit;
  const panel = random.pick(labPanels);
  const results: string[] = [];
  const rows: string[] = [];
  for (const measure of panel.members) {
    const { id, value } = emitMeasured(visit, measure, labCategory);
    results.push(`{"reference":"Observation/${id}"}`);
    rows.push(`<tr><td>${value}</td><td>${measure.unit}</td></tr>`);
  }
  emit(
    'DiagnosticReport',
    `{"resourceType":"DiagnosticReport","id":"${random.uuid()}",${metaOf(visit, startMs, 'us-core-diagnosticreport-lab')},"text":{"status":"generated","div":"<div xmlns=\\"http://www.w3.org/1999/xhtml\\"><p>${panel.title}</p><table>${rows.join('')}</table></div>"},"status":"final","category":[${term('v2-0074', 'LAB', 'Laboratory')}],"code":${panel.report},${visit.about},"effectiveDateTime":"${start}","issued":"${start}","performer":[{"reference":"Organization/${clinic.organization}","display":"${clinic.name}"}],"resultsInterpreter":[{"reference":"Practitioner/${doctor.id}","display":"${doctor.name}"}],"result":[${results.join(',')}]}`,
  );
}

function emitMeasured(
  visit: Visit,
  measure: Measure,
  category: string,
): { id: string; value: string } {
  const { random, emit } = visit;
  const id = random.uuid();
  const value = random.decimal(measure.min, measure.max, measure.places);
  const [from, to] = measure.normal;
  const flag = Number(value) > to ? high : Number(value) < from ? low : normal;
  emit(
    'Observation',
    `{"resourceType":"Observation","id":"${id}",${head(visit, category)},"code":${measure.json},${tail(visit)},"valueQuantity":${quantity(value, measure.unit, measure.unit)},"interpretation":[${flag}],"referenceRange":${measure.range}}`,
  );
  return { id, value };
}

function head(visit: Visit, category: string): string {
  return `${metaOf(visit, visit.startMs)},"identifier":[{"system":"urn:ietf:rfc:3986","value":"urn:uuid:${visit.random.uuid()}"}],"status":"final","category":[${category}]`;
}

/** Values of one visit are taken on its day, seconds and minutes apart. */
function tail({ about, start, doctor, random }: Visit): string {
  const taken = `${start.slice(0, 14)}${random.pick(sixty)}:${random.pick(sixty)}`;
  return `${about},"effectiveDateTime":"${taken}Z","issued":"${taken}.${random.integer(100, 999)}Z","performer":[{"reference":"Practitioner/${doctor.id}"}],"device":{"identifier":{"value":"${random.uuid()}"},"display":"${random.pick(devices)} ${random.next()}"},"specimen":{"identifier":{"value":"${random.uuid()}"}}`;
}

const devices = ['Analyzer', 'Monitor', 'Scale', 'Cuff', 'Thermometer', 'Bedside unit'];
const sixty = Array.from({ length: 60 }, (_, value) => String(value).padStart(2, '0'));

function quantity(value: string, unit: string, code: string): string {
  return `{"value":${value},"unit":"${unit}","system":"${systems.ucum}","code":"${code}"}`;
}
