import type { RiskAssessment, ValueSet } from 'fhir/r4.js';
import { casesOf } from './expectations.ts';

const meta = { lastUpdated: '2024-05-06T07:08:09.012Z' };

/**
 * Resources of two types that Synthea has not, for what its data cannot show: numbers, ranges and URLs. To be loaded beside its data.
 */
export const addedResources: readonly (RiskAssessment | ValueSet)[] = [
  ...[0.1, 0.25, 0.30000000000000004, 0.95, 1, 1.05].map(
    (probabilityDecimal, n): RiskAssessment => ({
      resourceType: 'RiskAssessment',
      id: `risk-${n}`,
      meta,
      status: 'final',
      subject: { display: 'nobody' },
      prediction: [{ probabilityDecimal }],
    }),
  ),
  {
    resourceType: 'RiskAssessment',
    id: 'risk-range',
    meta,
    status: 'final',
    subject: { display: 'nobody' },
    prediction: [{ probabilityRange: { low: { value: 0.2 }, high: { value: 0.4 } } }],
  },
  { resourceType: 'RiskAssessment', id: 'risk-none', meta, status: 'final', subject: {} },
  ...['http://acme.org/fhir/ValueSet/1', 'http://acme.org/fhir', 'http://ACME.org/fhir/x'].map(
    (url, n): ValueSet => ({
      resourceType: 'ValueSet',
      id: `set-${n}`,
      meta,
      status: 'draft',
      url,
    }),
  ),
  { resourceType: 'ValueSet', id: 'set-none', meta, status: 'draft' },
];

const low = (r: RiskAssessment) =>
  r.prediction?.[0]?.probabilityDecimal ?? r.prediction?.[0]?.probabilityRange?.low?.value ?? NaN;
const high = (r: RiskAssessment) =>
  r.prediction?.[0]?.probabilityDecimal ?? r.prediction?.[0]?.probabilityRange?.high?.value ?? NaN;

export const addedCases = [
  ...casesOf<RiskAssessment>('RiskAssessment', {
    'probability=1': (r) => low(r) >= 0.5 && high(r) < 1.5,
    'probability=1.0': (r) => low(r) >= 0.95 && high(r) < 1.05,
    'probability=1.00': (r) => low(r) >= 0.995 && high(r) < 1.005,
    'probability=2.5e-1': (r) => low(r) >= 0.245 && high(r) < 0.255,
    'probability=ne1.0': (r) => !Number.isNaN(low(r)) && !(low(r) >= 0.95 && high(r) < 1.05),
    'probability=gt0.3': (r) => high(r) > 0.3,
    'probability=ge0.4': (r) => high(r) >= 0.4,
    'probability=lt0.25': (r) => low(r) < 0.25,
    'probability=le0.25': (r) => low(r) <= 0.25,
    'probability=sa0.25': (r) => low(r) > 0.25,
    'probability=eb0.4': (r) => high(r) < 0.4,
    'probability=ap1': (r) => high(r) >= 0.9 && low(r) <= 1.1,
    'probability=0.1,0.95': (r) => ['risk-0', 'risk-3'].includes(r.id ?? ''),
    'probability:missing=true': (r) => r.prediction === undefined,
  }),
  ...casesOf<ValueSet>('ValueSet', {
    'url=http://acme.org/fhir/ValueSet/1': (v) => v.url === 'http://acme.org/fhir/ValueSet/1',
    'url=http%3A%2F%2FACME.org%2Ffhir%2Fx,http://acme.org/fhir': (v) =>
      v.url === 'http://ACME.org/fhir/x' || v.url === 'http://acme.org/fhir',
    'url:below=http://acme.org/fhir': (v) => /^http:\/\/acme\.org\/fhir(\/|$)/.test(v.url ?? ''),
    'url:above=http://acme.org/fhir/ValueSet/1/x': (v) =>
      'http://acme.org/fhir/ValueSet/1/x'.startsWith(`${v.url}/`),
    'url:missing=true': (v) => v.url === undefined,
  }),
];
