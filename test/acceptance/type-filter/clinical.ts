import type {
  AllergyIntolerance,
  CarePlan,
  CareTeam,
  Condition,
  DiagnosticReport,
  DocumentReference,
  Encounter,
  ImagingStudy,
  Immunization,
  MedicationAdministration,
  MedicationRequest,
  Procedure,
} from 'fhir/r4.js';
import {
  anyCode,
  at,
  casesOf,
  hasCode,
  inYear,
  limits,
  refersTo,
  saysFirst,
} from './expectations.ts';

const patient = 'b62462f8-e515-7cdd-449d-e03b38e976e1';
const practitioner = '9be0d2d3-9bf5-3f2d-8362-0ea8fe33f1b4';
const sct = 'http://snomed.info/sct';

const begun = (c: Condition) => at(c.onsetDateTime);
const span = (each: { period?: Encounter['period'] }) => limits(each.period);

export const clinicalCases = [
  ...casesOf<Condition>('Condition', {
    'clinical-status=active': (c) => hasCode(c.clinicalStatus, 'active'),
    'clinical-status:not=active': (c) => !hasCode(c.clinicalStatus, 'active'),
    'clinical-status=http://terminology.hl7.org/CodeSystem/condition-clinical|resolved': (c) =>
      hasCode(c.clinicalStatus, 'resolved'),
    'code=444814009,195662009': (c) => hasCode(c.code, '444814009') || hasCode(c.code, '195662009'),
    'code:text=viral': (c) => saysFirst(c.code, 'viral'),
    'category=encounter-diagnosis&verification-status=confirmed&clinical-status=active': (c) =>
      anyCode(c.category, 'encounter-diagnosis') &&
      hasCode(c.verificationStatus, 'confirmed') &&
      hasCode(c.clinicalStatus, 'active'),
    'onset-date=ge2020-03-01&onset-date=le2020-03-31': (c) =>
      begun(c) >= at('2020-03-01') && begun(c) < at('2020-04-01'),
    'onset-date=lt1990': (c) => begun(c) < at('1990-01-01'),
    'onset-date=2014': (c) => inYear(c.onsetDateTime, 2014),
    'abatement-date:missing=true': (c) => c.abatementDateTime === undefined,
    'abatement-date=gt2020-06': (c) => at(c.abatementDateTime) >= at('2020-07-01'),
    'recorded-date=sa2020-12-31': (c) => at(c.recordedDate) >= at('2021-01-01'),
    [`patient=${patient}`]: (c) => refersTo(c.subject, `Patient/${patient}`),
    'encounter=Encounter/a3095510-8d94-19dc-046a-0c1d5d397183': (c) =>
      refersTo(c.encounter, 'Encounter/a3095510-8d94-19dc-046a-0c1d5d397183'),
  }),
  ...casesOf<Encounter>('Encounter', {
    'class=IMP': (e) => e.class.code === 'IMP',
    'class=http://terminology.hl7.org/CodeSystem/v3-ActCode|EMER': (e) => e.class.code === 'EMER',
    'class:not=AMB': (e) => e.class.code !== 'AMB',
    'type=162673000': (e) => anyCode(e.type, '162673000'),
    'type:text=encounter': (e) => e.type?.some((type) => saysFirst(type, 'encounter')) === true,
    'reason-code=72892002': (e) => anyCode(e.reasonCode, '72892002'),
    'reason-code:missing=true': (e) => e.reasonCode === undefined,
    // A period: its ends decide
    'date=2014': (e) => span(e)[0] >= at('2014-01-01') && span(e)[1] < at('2015-01-01'),
    'date=ne2014': (e) => !(span(e)[0] >= at('2014-01-01') && span(e)[1] < at('2015-01-01')),
    'date=gt2020-03-20': (e) => span(e)[1] >= at('2020-03-21'),
    // To go on behind the day, or to be within it: one that began before and ends on it is neither
    'date=ge2020-03-20': (e) => span(e)[1] >= at('2020-03-21') || span(e)[0] >= at('2020-03-20'),
    'date=lt1960': (e) => span(e)[0] < at('1960-01-01'),
    'date=le1960': (e) => span(e)[0] < at('1961-01-01'),
    'date=sa2020-03-20T12:00:00Z': (e) => span(e)[0] > at('2020-03-20T12:00:00Z'),
    'date=eb1960': (e) => span(e)[1] < at('1960-01-01'),
    'date=ge2020-03-18&date=lt2020-03-19': (e) =>
      (span(e)[1] >= at('2020-03-19') || span(e)[0] >= at('2020-03-18')) &&
      span(e)[0] < at('2020-03-19'),
    [`participant=Practitioner/${practitioner}`]: (e) =>
      e.participant?.some((p) => refersTo(p.individual, `Practitioner/${practitioner}`)) === true,
    [`participant:Practitioner=${practitioner}`]: (e) =>
      e.participant?.some((p) => refersTo(p.individual, `Practitioner/${practitioner}`)) === true,
    [`practitioner=${practitioner}&date=ge2015`]: (e) =>
      e.participant?.some((p) => refersTo(p.individual, `Practitioner/${practitioner}`)) === true &&
      span(e)[1] >= at('2015-01-01'),
    'participant-type=PPRF&class=EMER': (e) =>
      e.participant?.some((p) => anyCode(p.type, 'PPRF')) === true && e.class.code === 'EMER',
    'service-provider=f99c74cc-7d1a-3f95-9a33-4a9357bf2f2a': (e) =>
      refersTo(e.serviceProvider, 'Organization/f99c74cc-7d1a-3f95-9a33-4a9357bf2f2a'),
    'location=Location/29ed0376-5f9c-34fd-b5e5-cebdac0063cf': (e) =>
      e.location?.some((l) =>
        refersTo(l.location, 'Location/29ed0376-5f9c-34fd-b5e5-cebdac0063cf'),
      ) === true,
    'identifier=0017cdf0-c0a3-5823-07da-c2be8ad669ae': (e) =>
      e.identifier?.some(({ value }) => value === '0017cdf0-c0a3-5823-07da-c2be8ad669ae') === true,
  }),
  ...casesOf<Procedure>('Procedure', {
    'code=430193006': (p) => hasCode(p.code, '430193006'),
    [`code=${sct}|371908008,${sct}|274804006`]: (p) =>
      hasCode(p.code, '371908008', sct) || hasCode(p.code, '274804006', sct),
    'date=2020-03': (p) =>
      limits(p.performedPeriod)[0] >= at('2020-03-01') &&
      limits(p.performedPeriod)[1] < at('2020-04-01'),
    'date=ge2021': (p) => limits(p.performedPeriod)[1] >= at('2021-01-01'),
    'reason-reference:missing=false': (p) => p.reasonReference !== undefined,
    'reason-reference=Condition/d6e5b85c-9c4e-811f-8efe-5892270d3e9a': (p) =>
      p.reasonReference?.some((r) =>
        refersTo(r, 'Condition/d6e5b85c-9c4e-811f-8efe-5892270d3e9a'),
      ) === true,
    'location=27abf3f3-fa08-31e4-8bca-c4c9ade68709': (p) =>
      refersTo(p.location, 'Location/27abf3f3-fa08-31e4-8bca-c4c9ade68709'),
  }),
  ...casesOf<MedicationRequest>('MedicationRequest', {
    'status=active': (m) => m.status === 'active',
    'status:not=active': (m) => m.status !== 'active',
    'code=314076': (m) => hasCode(m.medicationCodeableConcept, '314076'),
    'code:missing=true': (m) => m.medicationCodeableConcept === undefined,
    'medication:missing=false': (m) => m.medicationReference !== undefined,
    'authoredon=gt2019': (m) => at(m.authoredOn) >= at('2020-01-01'),
    'authoredon=2015-05-17': (m) =>
      at(m.authoredOn) >= at('2015-05-17') && at(m.authoredOn) < at('2015-05-18'),
    [`requester=Practitioner/${practitioner}`]: (m) =>
      refersTo(m.requester, `Practitioner/${practitioner}`),
    [`requester:Practitioner=${practitioner}&intent=order`]: (m) =>
      refersTo(m.requester, `Practitioner/${practitioner}`) && m.intent === 'order',
    [`requester:missing=false&subject=${patient}`]: (m) =>
      m.requester !== undefined && refersTo(m.subject, `Patient/${patient}`),
  }),
  ...casesOf<Immunization>('Immunization', {
    'vaccine-code=http://hl7.org/fhir/sid/cvx|140': (i) =>
      hasCode(i.vaccineCode, '140', 'http://hl7.org/fhir/sid/cvx'),
    'vaccine-code:not=140': (i) => !hasCode(i.vaccineCode, '140'),
    'vaccine-code:text=hep': (i) => saysFirst(i.vaccineCode, 'hep'),
    'date=ge2012-06-01&date=lt2013': (i) =>
      at(i.occurrenceDateTime) >= at('2012-06-01') && at(i.occurrenceDateTime) < at('2013-01-01'),
    'location=c86a24d9-6233-3aed-abe9-e7e2d1500775': (i) =>
      refersTo(i.location, 'Location/c86a24d9-6233-3aed-abe9-e7e2d1500775'),
  }),
  ...casesOf<DiagnosticReport>('DiagnosticReport', {
    'category=LAB': (d) => anyCode(d.category, 'LAB'),
    'code=58410-2,24323-8': (d) => hasCode(d.code, '58410-2') || hasCode(d.code, '24323-8'),
    'result:missing=false': (d) => d.result !== undefined,
    'issued=2014-02-09': (d) => at(d.issued) >= at('2014-02-09') && at(d.issued) < at('2014-02-10'),
    'issued=ge2014-02-09T11:39:12.713%2B01:00&issued=lt2014-02-09T11:39:12.714%2B01:00': (d) =>
      at(d.issued) === at('2014-02-09T11:39:12.713+01:00'),
    'performer=a8afe8f2-d2f8-315f-8d6d-70b64cfbd33d': (d) =>
      d.performer?.some((p) => refersTo(p, 'Practitioner/a8afe8f2-d2f8-315f-8d6d-70b64cfbd33d')) ===
      true,
  }),
  ...casesOf<DocumentReference>('DocumentReference', {
    'status=current': (d) => d.status === 'current',
    'type=34117-2&date=2014': (d) => hasCode(d.type, '34117-2') && inYear(d.date, 2014),
    'period=sa2020-12-31': (d) => limits(d.context?.period)[0] >= at('2021-01-01'),
    'contenttype=text/plain; charset%3Dutf-8&status=current': (d) =>
      d.content.some(({ attachment }) => attachment.contentType === 'text/plain; charset=utf-8') &&
      d.status === 'current',
    'custodian=f99c74cc-7d1a-3f95-9a33-4a9357bf2f2a': (d) =>
      refersTo(d.custodian, 'Organization/f99c74cc-7d1a-3f95-9a33-4a9357bf2f2a'),
    'identifier=urn:ietf:rfc:3986|urn:uuid:2f2558dd-afca-fcc2-2f12-ae0bcca7a50b': (d) =>
      d.identifier?.some(
        ({ value }) => value === 'urn:uuid:2f2558dd-afca-fcc2-2f12-ae0bcca7a50b',
      ) === true,
  }),
  ...casesOf<CarePlan>('CarePlan', {
    'category=736376001': (c) => anyCode(c.category, '736376001'),
    'activity-code=409524006': (c) =>
      c.activity?.some(({ detail }) => hasCode(detail?.code, '409524006')) === true,
    'condition:missing=true': (c) => c.addresses === undefined,
    // Those that go on have no end
    'date=ge2022': (c) => limits(c.period)[1] >= at('2022-01-01'),
    'date=eb2015': (c) => limits(c.period)[1] < at('2015-01-01'),
    'date=2020': (c) =>
      limits(c.period)[0] >= at('2020-01-01') && limits(c.period)[1] < at('2021-01-01'),
    'care-team=5760b633-f772-12e9-4667-63fd11f5630a': (c) =>
      c.careTeam?.some((t) => refersTo(t, 'CareTeam/5760b633-f772-12e9-4667-63fd11f5630a')) ===
      true,
  }),
  ...casesOf<CareTeam>('CareTeam', {
    'status=inactive': (c) => c.status === 'inactive',
    'date=ap2010': (c, now) => {
      const gap = (now - at('2010-01-01')) / 10;
      return (
        limits(c.period)[0] < at('2011-01-01') + gap &&
        limits(c.period)[1] >= at('2010-01-01') - gap
      );
    },
    'participant=Organization/6f122869-a856-3d65-8db9-099bf4f5bbb8': (c) =>
      c.participant?.some((p) =>
        refersTo(p.member, 'Organization/6f122869-a856-3d65-8db9-099bf4f5bbb8'),
      ) === true,
    [`participant:Patient=${patient}`]: (c) =>
      c.participant?.some((p) => refersTo(p.member, `Patient/${patient}`)) === true,
  }),
  ...casesOf<AllergyIntolerance>('AllergyIntolerance', {
    'code=419474003': (a) => hasCode(a.code, '419474003'),
    'code:text=allergy to t': (a) => saysFirst(a.code, 'allergy to t'),
    'date=lt1990': (a) => at(a.recordedDate) < at('1990-01-01'),
    'category=food&criticality=low&type=allergy&date=ge2012': (a) =>
      a.category?.includes('food') === true &&
      a.criticality === 'low' &&
      a.type === 'allergy' &&
      at(a.recordedDate) >= at('2012-01-01'),
    'patient=24d82e9b-4114-f230-4318-60474031ec4d': (a) =>
      refersTo(a.patient, 'Patient/24d82e9b-4114-f230-4318-60474031ec4d'),
  }),
  ...casesOf<ImagingStudy>('ImagingStudy', {
    'modality=CT': (i) => i.series?.some(({ modality }) => modality.code === 'CT') === true,
    'modality:not=CT,DX': (i) =>
      i.series?.some(({ modality }) => ['CT', 'DX'].includes(modality.code ?? '')) !== true,
    [`bodysite=${sct}|51185008`]: (i) =>
      i.series?.some(({ bodySite }) => bodySite?.code === '51185008') === true,
    'bodysite:text=ankle': (i) =>
      i.series?.some(({ bodySite }) => bodySite?.display?.toLowerCase().startsWith('ankle')) ===
      true,
    'started=2014': (i) => inYear(i.started, 2014),
  }),
  ...casesOf<MedicationAdministration>('MedicationAdministration', {
    'code=http://www.nlm.nih.gov/research/umls/rxnorm|1736854': (m) =>
      hasCode(m.medicationCodeableConcept, '1736854'),
    'effective-time=2020': (m) => inYear(m.effectiveDateTime, 2020),
    'context=0fc8e39e-c70f-8bf4-7b01-cb238b9f4760': (m) =>
      refersTo(m.context, 'Encounter/0fc8e39e-c70f-8bf4-7b01-cb238b9f4760'),
  }),
];
