import type {
  Claim,
  Device,
  ExplanationOfBenefit,
  Group,
  Location,
  Medication,
  Organization,
  Practitioner,
  PractitionerRole,
  Provenance,
  SupplyDelivery,
} from 'fhir/r4.js';
import {
  at,
  casesOf,
  hasCode,
  inYear,
  namesOf,
  plain,
  refersTo,
  saysFirst,
} from './expectations.ts';

const patient = 'b62462f8-e515-7cdd-449d-e03b38e976e1';
const synthea = 'https://github.com/synthetichealth/synthea';

export const administrationCases = [
  ...casesOf<Organization>('Organization', {
    'name=beth': (o) => o.name?.toLowerCase().startsWith('beth') === true,
    'name:contains=hospital': (o) => o.name?.toLowerCase().includes('hospital') === true,
    'name:exact=STEWARD MEDICAL GROUP\\, INC': (o) => o.name === 'STEWARD MEDICAL GROUP, INC',
    'name:exact=STEWARD%20MEDICAL%20GROUP%5C%2C%20INC': (o) =>
      o.name === 'STEWARD MEDICAL GROUP, INC',
    'address-city=Boston': (o) =>
      o.address?.some(({ city }) => city?.toLowerCase().startsWith('boston')) === true,
    'address-city=boston,CAMBRIDGE': (o) =>
      o.address?.some(({ city = '' }) => /^(boston|cambridge)/.test(city.toLowerCase())) === true,
    'address:contains=STREET': (o) =>
      o.address?.some(({ line = [], city = '' }) =>
        [...line, city].some((text) => text.toLowerCase().includes('street')),
      ) === true,
    [`identifier=${synthea}|03347b4d-994e-302b-848b-58019a4e274d`]: (o) =>
      o.identifier?.some(({ value }) => value === '03347b4d-994e-302b-848b-58019a4e274d') === true,
    'active=true&name=m': (o) =>
      o.active === true && o.name?.toLowerCase().startsWith('m') === true,
    'type=prov&address-postalcode=01': (o) =>
      o.type?.some((type) => hasCode(type, 'prov')) === true &&
      o.address?.some(({ postalCode }) => postalCode?.startsWith('01')) === true,
  }),
  ...casesOf<Location>('Location', {
    'name=pcp': (l) => l.name?.toLowerCase().startsWith('pcp') === true,
    'address=po box': (l) =>
      [...(l.address?.line ?? []), l.address?.city].some((text) =>
        text?.toLowerCase().startsWith('po box'),
      ),
    'address-city:exact=WORCESTER': (l) => l.address?.city === 'WORCESTER',
    'address-city:exact=Worcester,BOSTON': (l) =>
      ['Worcester', 'BOSTON'].includes(l.address?.city ?? ''),
    [`organization:identifier=${synthea}|fedeff02-fcd0-3c21-a73e-d0d11a998ba4`]: (l) =>
      l.managingOrganization?.identifier?.value === 'fedeff02-fcd0-3c21-a73e-d0d11a998ba4',
    'status=active&address-postalcode:contains=36': (l) =>
      l.status === 'active' && l.address?.postalCode?.includes('36') === true,
  }),
  ...casesOf<Practitioner>('Practitioner', {
    'family=ku': (p) =>
      p.name?.some(({ family }) => family?.toLowerCase().startsWith('ku')) === true,
    'given=adan': (p) =>
      p.name?.some(({ given }) => given?.some((name) => plain(name).startsWith('adan'))) === true,
    'name=s%C3%A1nchez,mondragon': (p) =>
      namesOf(p.name).some((name) => /^(sanchez|mondragon)/.test(plain(name))),
    'name:contains=drag': (p) => namesOf(p.name).some((name) => plain(name).includes('drag')),
    'gender:not=female': (p) => p.gender !== 'female',
    'email=chuck784.kuhic920@EXAMPLE.com': (p) =>
      p.telecom?.some(({ value }) => value?.toLowerCase() === 'chuck784.kuhic920@example.com') ===
      true,
    'identifier=http://hl7.org/fhir/sid/us-npi|9999906419,http://hl7.org/fhir/sid/us-ssn|9999918429':
      (p) =>
        p.identifier?.some(
          ({ system, value }) =>
            system === 'http://hl7.org/fhir/sid/us-npi' && value === '9999906419',
        ) === true,
    'phone:missing=true&gender=female': (p) =>
      p.telecom?.some(({ system }) => system === 'phone') !== true && p.gender === 'female',
  }),
  ...casesOf<PractitionerRole>('PractitionerRole', {
    'practitioner:identifier=http://hl7.org/fhir/sid/us-npi|9999954209': (r) =>
      r.practitioner?.identifier?.value === '9999954209',
    'organization:identifier=6448a0c6-fe92-3e03-a48e-9066a16d793c': (r) =>
      r.organization?.identifier?.value === '6448a0c6-fe92-3e03-a48e-9066a16d793c',
    [`location:identifier=${synthea}|bc15c6dd-983f-33a3-8729-a7de19600e0b`]: (r) =>
      r.location?.some(
        ({ identifier: i }) => i?.value === 'bc15c6dd-983f-33a3-8729-a7de19600e0b',
      ) === true,
    'email=Aracelis412.Von197@example.com': (r) =>
      r.telecom?.some(({ value }) => value === 'Aracelis412.Von197@example.com') === true,
  }),
  ...casesOf<Device>('Device', {
    'type=36965003': (d) => hasCode(d.type, '36965003'),
    'type:not=36965003': (d) => !hasCode(d.type, '36965003'),
    'device-name=implantable': (d) =>
      saysFirst(d.type, 'implantable') ||
      d.deviceName?.some(({ name }) => name.toLowerCase().startsWith('implantable')) === true,
    'udi-di=76907553954767': (d) =>
      d.udiCarrier?.some(({ deviceIdentifier }) =>
        deviceIdentifier?.startsWith('76907553954767'),
      ) === true,
    'udi-carrier:contains=(17)450224': (d) =>
      d.udiCarrier?.some(({ carrierHRF }) => carrierHRF?.includes('(17)450224')) === true,
    [`patient=${patient}`]: (d) => refersTo(d.patient, `Patient/${patient}`),
  }),
  ...casesOf<Group>('Group', {
    'member=Patient/4004a424-c33b-6ced-23c3-c1318e45c419': (g) =>
      g.member?.some((m) => refersTo(m.entity, 'Patient/4004a424-c33b-6ced-23c3-c1318e45c419')) ===
      true,
    'member:Group=ten-patients': (g) =>
      g.member?.some((m) => refersTo(m.entity, 'Group/ten-patients')) === true,
    'member:missing=true': (g) => g.member === undefined,
    'type=person&actual=true&_id=ten-patients,empty-group': (g) =>
      g.type === 'person' && g.actual && ['ten-patients', 'empty-group'].includes(g.id ?? ''),
  }),
  ...casesOf<Claim>('Claim', {
    'created=ge2020-03&created=lt2020-04': (c) =>
      at(c.created) >= at('2020-03-01') && at(c.created) < at('2020-04-01'),
    'created=eb1970-01-01': (c) => at(c.created) < at('1970-01-01'),
    'provider=Organization/f93e59e2-c0e4-3118-a1c2-3234c6dde120': (c) =>
      refersTo(c.provider, 'Organization/f93e59e2-c0e4-3118-a1c2-3234c6dde120'),
    'provider:Organization=d311e70d-86e7-3c03-b115-53892bcf7ef1': (c) =>
      refersTo(c.provider, 'Organization/d311e70d-86e7-3c03-b115-53892bcf7ef1'),
    'facility:missing=true': (c) => c.facility === undefined,
    [`patient=${patient}&use=claim`]: (c) =>
      refersTo(c.patient, `Patient/${patient}`) && c.use === 'claim',
    'priority=normal&created=2014': (c) => hasCode(c.priority, 'normal') && inYear(c.created, 2014),
  }),
  ...casesOf<ExplanationOfBenefit>('ExplanationOfBenefit', {
    'claim=Claim/cecd5311-a3a2-f1ef-0eda-473fac3779d7': (e) =>
      refersTo(e.claim, 'Claim/cecd5311-a3a2-f1ef-0eda-473fac3779d7'),
    'care-team=9be0d2d3-9bf5-3f2d-8362-0ea8fe33f1b4': (e) =>
      e.careTeam?.some((c) =>
        refersTo(c.provider, 'Practitioner/9be0d2d3-9bf5-3f2d-8362-0ea8fe33f1b4'),
      ) === true,
    'created=gt2020-12-31': (e) => at(e.created) >= at('2021-01-01'),
    'identifier=https://bluebutton.cms.gov/resources/variables/clm_id|cecd5311-a3a2-f1ef-0eda-473fac3779d7':
      (e) =>
        e.identifier?.some(({ value }) => value === 'cecd5311-a3a2-f1ef-0eda-473fac3779d7') ===
        true,
  }),
  ...casesOf<Provenance>('Provenance', {
    'target=Patient/18be282b-67b9-d958-226a-c5510e5ef0c2': (p) =>
      p.target.some((t) => refersTo(t, 'Patient/18be282b-67b9-d958-226a-c5510e5ef0c2')),
    'target=Observation/49704f93-14b8-ca88-681d-924c030d6b95': (p) =>
      p.target.some((t) => refersTo(t, 'Observation/49704f93-14b8-ca88-681d-924c030d6b95')),
    'patient=18be282b-67b9-d958-226a-c5510e5ef0c2': (p) =>
      p.target.some((t) => refersTo(t, 'Patient/18be282b-67b9-d958-226a-c5510e5ef0c2')),
    'recorded=lt2000': (p) => at(p.recorded) < at('2000-01-01'),
    'recorded=ne2021': (p) => !inYear(p.recorded, 2021),
    'agent=8e6565b4-fe53-316d-b06f-8c96c50fb5b3': (p) =>
      p.agent.some((a) => refersTo(a.who, 'Practitioner/8e6565b4-fe53-316d-b06f-8c96c50fb5b3')),
  }),
  ...casesOf<SupplyDelivery>('SupplyDelivery', {
    [`patient=${patient}`]: (s) => refersTo(s.patient, `Patient/${patient}`),
    '_lastUpdated=ge2024&status=completed': (s) =>
      at(s.meta?.lastUpdated) >= at('2024-01-01') && s.status === 'completed',
  }),
  ...casesOf<Medication>('Medication', {
    'code=1736854,583214': (m) => hasCode(m.code, '1736854') || hasCode(m.code, '583214'),
    'code:text=0.4 ML': (m) => saysFirst(m.code, '0.4 ml'),
  }),
];
