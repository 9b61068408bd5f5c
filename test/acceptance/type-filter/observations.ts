import type { Observation } from 'fhir/r4.js';
import { anyCode, at, casesOf, hasCode, inYear, refersTo, saysFirst } from './expectations.ts';

const loinc = 'http://loinc.org';
const ucum = 'http://unitsofmeasure.org';
const patient = '24d82e9b-4114-f230-4318-60474031ec4d';
const other = '0696ac49-3128-87d3-7344-04510aa4f324';

const value = (o: Observation) => o.valueQuantity?.value ?? NaN;
const unit = (o: Observation) => o.valueQuantity?.unit;
const isUcum = (o: Observation, code: string) =>
  o.valueQuantity?.system === ucum && o.valueQuantity.code === code;
const parts = (o: Observation) => (o.component ?? []).map((c) => c.valueQuantity?.value ?? NaN);
const about = (o: Observation, ...ids: string[]) =>
  ids.some((id) => refersTo(o.subject, `Patient/${id}`));
const taken = (o: Observation) => at(o.effectiveDateTime);

export const observationCases = [
  ...casesOf<Observation>('Observation', {
    // token
    'code=8867-4': (o) => hasCode(o.code, '8867-4'),
    'code=8867-4,8310-5,9279-1': (o) =>
      ['8867-4', '8310-5', '9279-1'].some((code) => hasCode(o.code, code)),
    'code=http://loinc.org|8867-4': (o) => hasCode(o.code, '8867-4', loinc),
    'code=http%3A%2F%2Floinc.org%7C29463-7': (o) => hasCode(o.code, '29463-7', loinc),
    'code=http://loinc.org%7C8867-4%2Chttp://loinc.org%7C8302-2': (o) =>
      hasCode(o.code, '8867-4', loinc) || hasCode(o.code, '8302-2', loinc),
    'code=http://snomed.info/sct|8867-4,29463-7': (o) =>
      hasCode(o.code, '8867-4', 'http://snomed.info/sct') || hasCode(o.code, '29463-7'),
    'code=http://snomed.info/sct|,8302-2': (o) =>
      o.code.coding?.some(({ system }) => system === 'http://snomed.info/sct') === true ||
      hasCode(o.code, '8302-2'),
    'code=|8867-4,85354-9': (o) =>
      o.code.coding?.some((c) => c.system === undefined && c.code === '8867-4') === true ||
      hasCode(o.code, '85354-9'),
    'code:not=8867-4': (o) => !hasCode(o.code, '8867-4'),
    'code:not=8867-4,29463-7,72514-3': (o) =>
      !['8867-4', '29463-7', '72514-3'].some((code) => hasCode(o.code, code)),
    'code:text=body': (o) => saysFirst(o.code, 'body'),
    'code:text=HEART RATE': (o) => saysFirst(o.code, 'heart rate'),
    'code:text=Pain+severity': (o) => saysFirst(o.code, 'pain severity'),
    'category=laboratory': (o) => anyCode(o.category, 'laboratory'),
    'category=vital-signs,survey': (o) =>
      anyCode(o.category, 'vital-signs') || anyCode(o.category, 'survey'),
    'category=http://terminology.hl7.org/CodeSystem/observation-category|exam': (o) =>
      anyCode(o.category, 'exam', 'http://terminology.hl7.org/CodeSystem/observation-category'),
    'category:not=laboratory': (o) => !anyCode(o.category, 'laboratory'),
    'category:text=social': (o) => o.category?.some((c) => saysFirst(c, 'social')) === true,
    'component-code:missing=true': (o) => o.component === undefined,
    'category:missing=false&code=8867-4': (o) =>
      o.category !== undefined && hasCode(o.code, '8867-4'),
    'status=final&category=exam': (o) => o.status === 'final' && anyCode(o.category, 'exam'),
    'status=http://hl7.org/fhir/observation-status|final&category=survey': (o) =>
      o.status === 'final' && anyCode(o.category, 'survey'),
    'status:not=amended&category=imaging': (o) =>
      o.status !== 'amended' && anyCode(o.category, 'imaging'),
    'component-code=8480-6': (o) => o.component?.some((c) => hasCode(c.code, '8480-6')) === true,
    'component-code:missing=false': (o) => o.component !== undefined,
    'combo-code=8480-6,8867-4': (o) =>
      hasCode(o.code, '8867-4') || o.component?.some((c) => hasCode(c.code, '8480-6')) === true,
    'combo-code:not=8462-4': (o) =>
      !hasCode(o.code, '8462-4') && o.component?.some((c) => hasCode(c.code, '8462-4')) !== true,
    'value-concept:missing=false': (o) => o.valueCodeableConcept !== undefined,
    'value-concept:text=never smoker': (o) => saysFirst(o.valueCodeableConcept, 'never smoker'),
    'value-concept:text=urine': (o) => saysFirst(o.valueCodeableConcept, 'urine'),
    'value-concept=http://snomed.info/sct|': (o) =>
      o.valueCodeableConcept?.coding?.some((c) => c.system === 'http://snomed.info/sct') === true,
    // reference
    [`patient=${patient}`]: (o) => about(o, patient),
    [`patient=Patient/${patient}`]: (o) => about(o, patient),
    [`patient=${patient},${other}`]: (o) => about(o, patient, other),
    [`subject=${patient}`]: (o) => about(o, patient),
    [`subject=Patient/${other}`]: (o) => about(o, other),
    [`subject:Patient=${other}`]: (o) => about(o, other),
    [`subject=Group/${patient},Patient/${other}`]: (o) =>
      refersTo(o.subject, `Group/${patient}`) || about(o, other),
    [`patient=${patient}&code=8867-4`]: (o) => about(o, patient) && hasCode(o.code, '8867-4'),
    'encounter=d2755708-3e4d-95e6-e538-1e5fcde920f9': (o) =>
      refersTo(o.encounter, 'Encounter/d2755708-3e4d-95e6-e538-1e5fcde920f9'),
    'encounter=Encounter/d2755708-3e4d-95e6-e538-1e5fcde920f9&category=laboratory': (o) =>
      refersTo(o.encounter, 'Encounter/d2755708-3e4d-95e6-e538-1e5fcde920f9') &&
      anyCode(o.category, 'laboratory'),
    // date
    'date=2020': (o) => inYear(o.effectiveDateTime, 2020),
    'date=eq2014-07': (o) => taken(o) >= at('2014-07-01') && taken(o) < at('2014-08-01'),
    'date=2014-07-09': (o) => taken(o) >= at('2014-07-09') && taken(o) < at('2014-07-10'),
    'date=2014-07-09T12:07:21%2B02:00': (o) => taken(o) === at('2014-07-09T12:07:21+02:00'),
    'date=2014-07-09T10:07Z': (o) =>
      Math.floor(taken(o) / 60_000) === at('2014-07-09T10:07Z') / 60_000,
    'date=ne2020': (o) => !inYear(o.effectiveDateTime, 2020),
    'date=gt2020': (o) => taken(o) >= at('2021-01-01'),
    'date=ge2020': (o) => taken(o) >= at('2020-01-01'),
    'date=lt2000': (o) => taken(o) < at('2000-01-01'),
    'date=le2000': (o) => taken(o) < at('2001-01-01'),
    'date=sa2020-06-30': (o) => taken(o) >= at('2020-07-01'),
    'date=eb2000-01-01': (o) => taken(o) < at('2000-01-01'),
    'date=ap2015': (o, now) => {
      const gap = (now - at('2015-01-01')) / 10;
      return taken(o) + 1000 > at('2015-01-01') - gap && taken(o) < at('2016-01-01') + gap;
    },
    'date=ge2019-03-01&date=lt2019-06-01': (o) =>
      taken(o) >= at('2019-03-01') && taken(o) < at('2019-06-01'),
    'date=gt2019-12-31T23:59:59-05:00&date=le2020-03-01T00:00:00-05:00': (o) =>
      taken(o) >= at('2020-01-01T00:00:00-05:00') && taken(o) <= at('2020-03-01T00:00:00-05:00'),
    'date=2012,2014': (o) => inYear(o.effectiveDateTime, 2012) || inYear(o.effectiveDateTime, 2014),
    'date=lt1990,gt2021': (o) => taken(o) < at('1990-01-01') || taken(o) >= at('2022-01-01'),
    // quantity
    'value-quantity=74': (o) => value(o) >= 73.5 && value(o) < 74.5,
    'value-quantity=74.0': (o) => value(o) >= 73.95 && value(o) < 74.05,
    'value-quantity=7.4e1': (o) => value(o) >= 73.5 && value(o) < 74.5,
    'value-quantity=0': (o) => value(o) >= -0.5 && value(o) < 0.5,
    'value-quantity=4.985': (o) => value(o) >= 4.9845 && value(o) < 4.9855,
    'value-quantity=eq95||/min': (o) => value(o) >= 94.5 && value(o) < 95.5 && unit(o) === '/min',
    'value-quantity=ne95||/min': (o) => (value(o) < 94.5 || value(o) >= 95.5) && unit(o) === '/min',
    [`value-quantity=gt100|${ucum}|kg`]: (o) => value(o) > 100 && isUcum(o, 'kg'),
    [`value-quantity=gt100%7C${encodeURIComponent(ucum)}%7Ckg`]: (o) =>
      value(o) > 100 && isUcum(o, 'kg'),
    'value-quantity=ge112||kg': (o) => value(o) >= 112 && unit(o) === 'kg',
    'value-quantity=gt112||kg': (o) => value(o) > 112 && unit(o) === 'kg',
    'value-quantity=lt50||kg': (o) => value(o) < 50 && unit(o) === 'kg',
    'value-quantity=le50||kg': (o) => value(o) <= 50 && unit(o) === 'kg',
    'value-quantity=sa180||cm': (o) => value(o) > 180 && unit(o) === 'cm',
    'value-quantity=eb100||cm': (o) => value(o) < 100 && unit(o) === 'cm',
    'value-quantity=ap170||cm': (o) => value(o) >= 153 && value(o) <= 187 && unit(o) === 'cm',
    'value-quantity=gt200||mg/dL': (o) => value(o) > 200 && unit(o) === 'mg/dL',
    'value-quantity=gt100||kg,gt180||cm': (o) =>
      (value(o) > 100 && unit(o) === 'kg') || (value(o) > 180 && unit(o) === 'cm'),
    'value-quantity=gt5&value-quantity=lt6': (o) => value(o) > 5 && value(o) < 6,
    'value-quantity:missing=true': (o) => o.valueQuantity === undefined,
    'value-quantity:missing=false&category=social-history': (o) =>
      o.valueQuantity !== undefined && anyCode(o.category, 'social-history'),
    'component-value-quantity=gt140': (o) => parts(o).some((each) => each > 140),
    'component-value-quantity=ge140||mm[Hg]': (o) =>
      o.component?.some(
        ({ valueQuantity: q }) =>
          (q?.value ?? NaN) >= 140 && (q?.unit === 'mm[Hg]' || q?.code === 'mm[Hg]'),
      ) === true,
    'combo-value-quantity=lt2': (o) => value(o) < 2 || parts(o).some((each) => each < 2),
    'combo-value-quantity=120': (o) =>
      [value(o), ...parts(o)].some((each) => each >= 119.5 && each < 120.5),
    // string
    'value-string=patient': (o) => o.valueString?.toLowerCase().startsWith('patient') === true,
    'value-string=no': (o) =>
      [o.valueString, o.valueCodeableConcept?.text].some((text) =>
        text?.toLowerCase().startsWith('no'),
      ),
    'value-string:exact=No': (o) => [o.valueString, o.valueCodeableConcept?.text].includes('No'),
    'value-string:contains=SIGNS': (o) =>
      [o.valueString, o.valueCodeableConcept?.text].some((text) =>
        text?.toLowerCase().includes('signs'),
      ),
    'value-string:missing=false': (o) =>
      o.valueString !== undefined || o.valueCodeableConcept?.text !== undefined,
    // what every resource has
    '_id=00031c34-cd68-b58c-cfaa-3d81f6e76378': (o) =>
      o.id === '00031c34-cd68-b58c-cfaa-3d81f6e76378',
    '_lastUpdated=2022-11-16': (o) =>
      at(o.meta?.lastUpdated) >= at('2022-11-16') && at(o.meta?.lastUpdated) < at('2022-11-17'),
    '_lastUpdated=gt2024': (o) => at(o.meta?.lastUpdated) >= at('2025-01-01'),
    '_lastUpdated=ge2025-06-01T00:00:00-05:00': (o) =>
      at(o.meta?.lastUpdated) >= at('2025-06-01T00:00:00-05:00'),
    '_lastUpdated=ge2022-11-16T17:10:31.117Z&_lastUpdated=le2022-11-16T17:10:31.117Z': (o) =>
      at(o.meta?.lastUpdated) === at('2022-11-16T17:10:31.117Z'),
    '_lastUpdated=lt2019-02-01': (o) => at(o.meta?.lastUpdated) < at('2019-02-01'),
    '_profile=http://hl7.org/fhir/StructureDefinition/bp': (o) =>
      o.meta?.profile?.includes('http://hl7.org/fhir/StructureDefinition/bp') === true,
    '_profile:below=http://hl7.org/fhir/us/core': (o) =>
      o.meta?.profile?.some((url) => url.startsWith('http://hl7.org/fhir/us/core/')) === true,
    '_profile:missing=true': (o) => o.meta?.profile === undefined,
    // several things at once
    'code=http://loinc.org|2339-0&value-quantity=gt100&date=ge2015': (o) =>
      hasCode(o.code, '2339-0', loinc) && value(o) > 100 && taken(o) >= at('2015-01-01'),
    [`subject=Patient/${patient}&category:not=laboratory&date=gt2018`]: (o) =>
      about(o, patient) && !anyCode(o.category, 'laboratory') && taken(o) >= at('2019-01-01'),
  }),
];
