/** The code systems that occur. */
export const systems = {
  snomed: 'http://snomed.info/sct',
  loinc: 'http://loinc.org',
  rxnorm: 'http://www.nlm.nih.gov/research/umls/rxnorm',
  cvx: 'http://hl7.org/fhir/sid/cvx',
  ucum: 'http://unitsofmeasure.org',
  npi: 'http://hl7.org/fhir/sid/us-npi',
} as const;

/** A code with its CodeableConcept as JSON text, made once. */
export interface Code {
  readonly code: string;
  readonly display: string;
  readonly json: string;
}

/** A CodeableConcept with one coding, as JSON text. */
export function concept(system: string, code: string, display: string): string {
  return `{"coding":[{"system":"${system}","code":"${code}","display":"${display}"}],"text":"${display}"}`;
}

/** A CodeableConcept without text, as JSON text. */
export function coding(system: string, code: string, display: string): string {
  return `{"coding":[{"system":"${system}","code":"${code}","display":"${display}"}]}`;
}

/** A CodeableConcept of a terminology.hl7.org code system, as JSON text. */
export function term(codeSystem: string, code: string, display?: string): string {
  const shown = display === undefined ? '' : `,"display":"${display}"`;
  return `{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/${codeSystem}","code":"${code}"${shown}}]}`;
}

function codes(system: string, rows: readonly (readonly [string, string])[]): readonly Code[] {
  return rows.map(([code, display]) => ({ code, display, json: concept(system, code, display) }));
}

export const encounterTypes = codes(systems.snomed, [
  ['162673000', 'General examination of patient (procedure)'],
  ['185347001', 'Encounter for problem (procedure)'],
  ['185349003', 'Encounter for check up (procedure)'],
  ['390906007', 'Follow-up encounter (procedure)'],
  ['410620009', 'Well child visit (procedure)'],
  ['50849002', 'Emergency room admission (procedure)'],
  ['183452005', 'Emergency hospital admission (procedure)'],
  ['424441002', 'Prenatal initial visit (regime/therapy)'],
]);

export const conditionCodes = codes(systems.snomed, [
  ['59621000', 'Essential hypertension (disorder)'],
  ['44054006', 'Diabetes mellitus type 2 (disorder)'],
  ['195662009', 'Acute viral pharyngitis (disorder)'],
  ['10509002', 'Acute bronchitis (disorder)'],
  ['444814009', 'Viral sinusitis (disorder)'],
  ['55822004', 'Hyperlipidemia (disorder)'],
  ['271737000', 'Anemia (disorder)'],
  ['68962001', 'Muscle pain (finding)'],
  ['239873007', 'Osteoarthritis of knee (disorder)'],
  ['36971009', 'Sinusitis (disorder)'],
  ['162864005', 'Body mass index 30+ - obesity (finding)'],
  ['15777000', 'Prediabetes (finding)'],
]);

export const procedureCodes = codes(systems.snomed, [
  ['430193006', 'Medication reconciliation (procedure)'],
  ['710824005', 'Assessment of health and social care needs (procedure)'],
  ['428211000124100', 'Assessment of substance use (procedure)'],
  ['73761001', 'Colonoscopy (procedure)'],
  ['399208008', 'Plain X-ray of chest (procedure)'],
  ['117015009', 'Throat culture (procedure)'],
  ['76601001', 'Intramuscular injection (procedure)'],
  ['29303009', 'Electrocardiographic procedure (procedure)'],
]);

export const medicationCodes = codes(systems.rxnorm, [
  ['314076', 'lisinopril 10 MG Oral Tablet'],
  ['860975', '24 HR metformin hydrochloride 500 MG Extended Release Oral Tablet'],
  ['312961', 'simvastatin 20 MG Oral Tablet'],
  ['308136', 'amlodipine 2.5 MG Oral Tablet'],
  ['310798', 'hydrochlorothiazide 25 MG Oral Tablet'],
  ['313782', 'acetaminophen 325 MG Oral Tablet'],
  ['310965', 'ibuprofen 200 MG Oral Tablet'],
  ['308182', 'amoxicillin 250 MG Oral Capsule'],
]);

export const vaccineCodes = codes(systems.cvx, [
  ['140', 'Influenza, seasonal, injectable, preservative free'],
  ['113', 'Td (adult), 5 Lf tetanus toxoid, preservative free, adsorbed'],
  ['207', 'COVID-19, mRNA, LNP-S, PF, 100 mcg/0.5 mL dose'],
  ['121', 'zoster vaccine, live'],
  ['133', 'Pneumococcal conjugate PCV 13'],
  ['08', 'Hep B, adolescent or pediatric'],
]);

export const allergyCodes = codes(systems.snomed, [
  ['91936005', 'Allergy to penicillin (finding)'],
  ['300913006', 'Shellfish allergy (disorder)'],
  ['418689008', 'Allergy to grass pollen (finding)'],
  ['232350006', 'House dust mite allergy (disorder)'],
]);

export const givenNames =
  'Ana,Björn,Carmen,Dmitri,Elena,Farid,Grace,Hélène,Ines,Jamal,Kaito,Lucía,Mateo,Noor,Oscar,Priya,Quinn,Rosa,Søren,Tomás,Uma,Victor,Wanda,Ximena,Yusuf,Zoë'.split(
    ',',
  );

export const familyNames =
  'Abbott,Becker,Castañeda,Dubois,Eriksen,Fischer,García,Hernández,Ivanov,Jones,Kovacs,Larsen,Müller,Nguyen,Okafor,Pérez,Quist,Rodríguez,Smith,Takahashi,Ueda,Vásquez,Williams,Yilmaz,Zimmermann'.split(
    ',',
  );

export const places = [
  ['Boston', 'MA', '02108'],
  ['Worcester', 'MA', '01602'],
  ['Springfield', 'MA', '01103'],
  ['Lowell', 'MA', '01850'],
  ['Cambridge', 'MA', '02138'],
  ['New Bedford', 'MA', '02740'],
  ['Quincy', 'MA', '02169'],
  ['Falmouth', 'MA', '02540'],
] as const;
