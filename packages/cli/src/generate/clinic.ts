import { familyNames, givenNames, places, systems, term } from './codes.ts';
import { Random } from './random.ts';

/** One place of care: an Organization with a Location and the people who work there. */
export interface Clinic {
  readonly organization: string;
  readonly location: string;
  readonly name: string;
  readonly practitioners: readonly { readonly id: string; readonly name: string }[];
}

/** Receives a finished resource: one line of NDJSON without its end. */
export type Emit = (type: string, line: string) => void;

/** Streams of randomness for patients begin at 0; those of clinics lie far from them. */
const clinicStream = 0x4000_0000;

/** References search for it, so each is given once. */
const firstNpi = 9_999_900_000;

/** Makes the clinics that patients go to, and emits their resources. */
export function makeClinics(seed: number, count: number, emit: Emit): Clinic[] {
  return Array.from({ length: count }, (_, index) => {
    const random = new Random(seed, clinicStream + index);
    const [city, state, postalCode] = random.pick(places);
    const name = `${city} ${random.pick(['General Hospital', 'Family Practice', 'Medical Center', 'Community Health'])} ${index + 1}`;
    const clinic: Clinic = {
      organization: random.uuid(),
      location: random.uuid(),
      name,
      practitioners: Array.from({ length: 6 }, () => ({
        id: random.uuid(),
        name: `Dr. ${random.pick(givenNames)} ${random.pick(familyNames)}`,
      })),
    };
    const street = `${random.integer(1, 990)} ${random.pick(familyNames)} Street`;
    const address = `{"line":["${street}"],"city":"${city}","state":"${state}","postalCode":"${postalCode}","country":"US"}`;
    const telecom = `[{"system":"phone","value":"617-555-${random.integer(1000, 9999)}"}]`;
    emit(
      'Organization',
      `{"resourceType":"Organization","id":"${clinic.organization}","meta":{"lastUpdated":"${stamp(random)}"},"identifier":[{"system":"https://sluice.example/organizations","value":"${clinic.organization}"}],"active":true,"type":[${term('organization-type', 'prov', 'Healthcare Provider')}],"name":"${name}","telecom":${telecom},"address":[${address}]}`,
    );
    emit(
      'Location',
      `{"resourceType":"Location","id":"${clinic.location}","meta":{"lastUpdated":"${stamp(random)}"},"identifier":[{"system":"https://sluice.example/locations","value":"${clinic.location}"}],"status":"active","name":"${name}","telecom":${telecom},"address":${address},"position":{"longitude":-71.${random.integer(100000, 999999)},"latitude":42.${random.integer(100000, 999999)}},"managingOrganization":{"reference":"Organization/${clinic.organization}","display":"${name}"}}`,
    );
    for (const [place, person] of clinic.practitioners.entries()) {
      const [, given, family] = person.name.split(' ');
      emit(
        'Practitioner',
        `{"resourceType":"Practitioner","id":"${person.id}","meta":{"lastUpdated":"${stamp(random)}"},"identifier":[{"system":"${systems.npi}","value":"${firstNpi + index * clinic.practitioners.length + place}"}],"active":true,"name":[{"family":"${family}","given":["${given}"],"prefix":["Dr."]}],"telecom":[{"system":"email","value":"office${random.integer(100, 999)}@sluice.example","use":"work"}],"address":[${address}],"gender":"${random.pick(['male', 'female'])}"}`,
      );
    }
    return clinic;
  });
}

function stamp(random: Random): string {
  return new Date(Date.UTC(2015, 0, 1) + random.integer(0, 300_000_000) * 1000).toISOString();
}
