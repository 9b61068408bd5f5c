import type { Patient } from 'fhir/r4.js';
import { anyCode, at, casesOf, hasCode, namesOf, plain } from './expectations.ts';

const birth = (p: Patient) => p.birthDate ?? '';
const names = (p: Patient) => namesOf(p.name).map(plain);
const families = (p: Patient) => (p.name ?? []).map(({ family = '' }) => family);
const givens = (p: Patient) => (p.name ?? []).flatMap(({ given = [] }) => given);
const addresses = (p: Patient) =>
  (p.address ?? []).flatMap(({ text, line, city, district, state, postalCode, country }) =>
    [text, line, city, district, state, postalCode, country]
      .flat()
      .filter((each) => each !== undefined)
      .map(plain),
  );
const cities = (p: Patient) => (p.address ?? []).map(({ city = '' }) => city);
const codes = (p: Patient) => (p.address ?? []).map(({ postalCode = '' }) => postalCode);
const hasIdentifier = (p: Patient, system: string | undefined, value: string) =>
  p.identifier?.some((i) => i.value === value && (system === undefined || i.system === system)) ===
  true;
const mr = 'http://terminology.hl7.org/CodeSystem/v2-0203';

export const patientCases = casesOf<Patient>('Patient', {
  // token
  'gender=female': (p) => p.gender === 'female',
  'gender=male,other': (p) => p.gender === 'male' || p.gender === 'other',
  'gender=http://hl7.org/fhir/administrative-gender|male': (p) => p.gender === 'male',
  'gender:not=male': (p) => p.gender !== 'male',
  'identifier=999-82-5655': (p) => hasIdentifier(p, undefined, '999-82-5655'),
  'identifier=http://hl7.org/fhir/sid/us-ssn|999-26-7403': (p) =>
    hasIdentifier(p, 'http://hl7.org/fhir/sid/us-ssn', '999-26-7403'),
  'identifier=http://hospital.smarthealthit.org|999-82-5655,S99979112': (p) =>
    hasIdentifier(p, 'http://hospital.smarthealthit.org', '999-82-5655') ||
    hasIdentifier(p, undefined, 'S99979112'),
  'identifier=urn:oid:2.16.840.1.113883.4.3.25|': (p) =>
    p.identifier?.some(({ system }) => system === 'urn:oid:2.16.840.1.113883.4.3.25') === true,
  'identifier:not=http://hl7.org/fhir/sid/us-ssn|999-26-7403': (p) =>
    !hasIdentifier(p, 'http://hl7.org/fhir/sid/us-ssn', '999-26-7403'),
  'identifier:text=passport': (p) =>
    p.identifier?.some(({ type }) => type?.text?.toLowerCase().startsWith('passport')) === true,
  [`identifier:of-type=${mr}|SS|999-82-5655,${mr}|DL|S99977100`]: (p) =>
    p.identifier?.some(
      ({ type, value }) =>
        (hasCode(type, 'SS', mr) && value === '999-82-5655') ||
        (hasCode(type, 'DL', mr) && value === 'S99977100'),
    ) === true,
  'language=en-US': (p) => p.communication?.some((c) => hasCode(c.language, 'en-US')) === true,
  'language=urn:ietf:bcp:47|es': (p) =>
    p.communication?.some((c) => hasCode(c.language, 'es', 'urn:ietf:bcp:47')) === true,
  'language:not=en-US': (p) => p.communication?.some((c) => hasCode(c.language, 'en-US')) !== true,
  'deceased=true': (p) => p.deceasedDateTime !== undefined || p.deceasedBoolean === true,
  'deceased=false': (p) => p.deceasedDateTime === undefined && p.deceasedBoolean !== true,
  'deceased:not=true': (p) => p.deceasedDateTime === undefined && p.deceasedBoolean !== true,
  'phone=555-942-8848': (p) => p.telecom?.some(({ value }) => value === '555-942-8848') === true,
  'telecom=555-532-2849,555-378-2854': (p) =>
    p.telecom?.some(({ value = '' }) => ['555-532-2849', '555-378-2854'].includes(value)) === true,
  'email:missing=true&gender=female': (p) =>
    p.telecom?.some(({ system }) => system === 'email') !== true && p.gender === 'female',
  // string
  'name=gu': (p) => names(p).some((name) => name.startsWith('gu')),
  'name=mrs': (p) => names(p).some((name) => name.startsWith('mrs')),
  'name=Rodri': (p) => names(p).some((name) => name.startsWith('rodri')),
  'name=guzman': (p) => names(p).some((name) => name.startsWith('guzman')),
  'name=GUZM%C3%81N': (p) => names(p).some((name) => name.startsWith('guzman')),
  'name:contains=CORT%C3%89S,LEON': (p) =>
    names(p).some((name) => name.includes('cortes') || name.includes('leon')),
  'name:exact=PhD,MD': (p) => namesOf(p.name).some((name) => ['PhD', 'MD'].includes(name)),
  'family=w': (p) => families(p).some((name) => plain(name).startsWith('w')),
  'family=b,C': (p) => families(p).some((name) => /^[bc]/.test(plain(name))),
  'family:exact=Guzm%C3%A1n14': (p) => families(p).includes('Guzm\u00e1n14'),
  'family:exact=Medhurst46,guzman14': (p) =>
    families(p).some((name) => name === 'Medhurst46' || name === 'guzman14'),
  'family:contains=man': (p) => families(p).some((name) => plain(name).includes('man')),
  'given=chi': (p) => givens(p).some((name) => plain(name).startsWith('chi')),
  'given:contains=na': (p) => givens(p).some((name) => plain(name).includes('na')),
  'given:exact=Ruben688': (p) => givens(p).includes('Ruben688'),
  'family=m&given=r': (p) =>
    families(p).some((name) => plain(name).startsWith('m')) &&
    givens(p).some((name) => plain(name).startsWith('r')),
  'address=boston': (p) => addresses(p).some((each) => each.startsWith('boston')),
  'address=310+Daugherty': (p) => addresses(p).some((each) => each.startsWith('310 daugherty')),
  'address:contains=apt': (p) => addresses(p).some((each) => each.includes('apt')),
  'address-city=East Douglas,worcester': (p) =>
    cities(p).some((city) => /^(east douglas|worcester)/.test(plain(city))),
  'address-city:exact=Boston': (p) => cities(p).includes('Boston'),
  'address-city:contains=SAND': (p) => cities(p).some((city) => plain(city).includes('sand')),
  'address-postalcode=015': (p) => codes(p).some((code) => code.startsWith('015')),
  'address-postalcode:missing=true': (p) => codes(p).every((code) => code === ''),
  'address-postalcode:exact=01516': (p) => codes(p).includes('01516'),
  'address-state=ma&address-country=us&gender=male': (p) =>
    p.address?.some(({ state }) => state === 'MA') === true &&
    p.address.some(({ country }) => country === 'US') &&
    p.gender === 'male',
  'phonetic=van,bru': (p) => names(p).some((name) => /^(van|bru)/.test(name)),
  // date
  'birthdate=1947': (p) => birth(p).startsWith('1947'),
  'birthdate=1947-09': (p) => birth(p).startsWith('1947-09'),
  'birthdate=1947-09-10': (p) => birth(p) === '1947-09-10',
  'birthdate=ne1947-09-10': (p) => birth(p) !== '1947-09-10',
  'birthdate=lt1950': (p) => birth(p) < '1950',
  'birthdate=le1991-11-15': (p) => birth(p) <= '1991-11-15',
  'birthdate=gt1991-11-15': (p) => birth(p) > '1991-11-15',
  'birthdate=ge1991-11-15': (p) => birth(p) >= '1991-11-15',
  'birthdate=sa2000': (p) => birth(p) >= '2001',
  'birthdate=eb1940-06': (p) => birth(p) < '1940-06',
  'birthdate=ap1986': (p, now) => {
    const gap = (now - at('1986-01-01')) / 10;
    const day = at(birth(p));
    return day + 86_400_000 > at('1986-01-01') - gap && day < at('1987-01-01') + gap;
  },
  'birthdate=ge1960&birthdate=lt1970': (p) => birth(p) >= '1960' && birth(p) < '1970',
  'birthdate=1929-03-21,1986-04-13': (p) => ['1929-03-21', '1986-04-13'].includes(birth(p)),
  'death-date:missing=false': (p) => p.deceasedDateTime !== undefined,
  'death-date=ge2015': (p) => at(p.deceasedDateTime) >= at('2015-01-01'),
  'death-date=lt2000': (p) => at(p.deceasedDateTime) < at('2000-01-01'),
  'death-date=ne2020': (p) =>
    p.deceasedDateTime !== undefined &&
    (at(p.deceasedDateTime) < at('2020-01-01') || at(p.deceasedDateTime) >= at('2021-01-01')),
  // what every resource has
  '_id=057aa36e-b892-9964-75b9-ffb46b097e34,not-there': (p) =>
    p.id === '057aa36e-b892-9964-75b9-ffb46b097e34',
  '_id:not=057aa36e-b892-9964-75b9-ffb46b097e34': (p) =>
    p.id !== '057aa36e-b892-9964-75b9-ffb46b097e34',
  '_lastUpdated=ge2023': (p) => at(p.meta?.lastUpdated) >= at('2023-01-01'),
  '_lastUpdated=sa2023': (p) => at(p.meta?.lastUpdated) >= at('2024-01-01'),
  '_lastUpdated=eb2020': (p) => at(p.meta?.lastUpdated) < at('2020-01-01'),
  '_lastUpdated=ne2023': (p) =>
    at(p.meta?.lastUpdated) < at('2023-01-01') || at(p.meta?.lastUpdated) >= at('2024-01-01'),
  '_tag:missing=true&_security:missing=true&gender=male': (p) => p.gender === 'male',
  'general-practitioner:missing=true&language=es': (p) =>
    p.generalPractitioner === undefined &&
    anyCode(
      p.communication?.map((c) => c.language),
      'es',
    ),
});
