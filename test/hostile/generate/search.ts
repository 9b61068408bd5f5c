import fc, { type Arbitrary } from 'fast-check';
import { around, encode, nastyText, oneOf, weighted } from './text.ts';

/** Types of which there is something, some others, and what is none. */
export const typeName: Arbitrary<string> = around(
  oneOf([
    'Patient',
    'Observation',
    'Encounter',
    'Group',
    'DocumentReference',
    'Binary',
    'Condition',
    'Provenance',
    'Bundle',
    'Parameters',
    'Practitioner',
    '*',
  ]),
);

const parameter = oneOf([
  '_id',
  '_lastUpdated',
  '_tag',
  '_profile',
  '_security',
  '_has',
  '_text',
  '_content',
  '_list',
  '_filter',
  'code',
  'category',
  'status',
  'subject',
  'patient',
  'date',
  'identifier',
  'name',
  'birthdate',
  'gender',
  'active',
  'value-quantity',
  'value-string',
  'value-date',
  'combo-value-quantity',
  'onset-date',
  'url',
  'relatesto',
  'code-value-quantity',
  'subject.name',
  'subject:Patient.name',
  '_include',
  '_sort',
  '_count',
  '_page',
  '_elements',
]);
const modifier = weighted(
  [8, fc.constant('')],
  [
    2,
    oneOf([
      ':exact',
      ':contains',
      ':missing',
      ':not',
      ':in',
      ':text',
      ':of-type',
      ':identifier',
      ':Patient',
      ':below',
      ':above',
      ':x',
      ':',
      '::',
    ]),
  ],
);
const prefix = weighted(
  [4, fc.constant('')],
  [1, oneOf(['eq', 'ne', 'gt', 'lt', 'ge', 'le', 'sa', 'eb', 'ap', 'xx'])],
);
const value = oneOf([
  'final',
  'laboratory',
  'male',
  'true',
  'zebra-1',
  'Patient/zebra-1',
  'http://loinc.org|1234-5',
  '|x',
  'x|',
  '|',
  '||',
  '5.4||mg',
  '5.40|http://unitsofmeasure.org|mg',
  '100',
  '1e-3',
  '-0',
  '2024',
  '2024-02',
  '2024-02-29T12:00:00.000Z',
  'a,b,c',
  'a\\,b',
  'a\\',
  'a$b',
  'http://x/StructureDefinition/y|1.0',
  '',
  'é',
]);

/** One criterion of a search, encoded only as far as its value goes. */
const criterion: Arbitrary<string> = fc
  .tuple(around(parameter), modifier, prefix, around(value), fc.boolean())
  .map(([name, mod, pre, text, isEncoded]) => {
    const sent = isEncoded ? encode(text) : text;
    return `${name}${mod}=${pre}${sent}`;
  });

/** The query part of a search. */
export const searchQuery: Arbitrary<string> = weighted(
  [8, fc.array(criterion, { minLength: 1, maxLength: 4 }).map((all) => all.join('&'))],
  [
    1,
    fc
      .tuple(criterion, fc.integer({ min: 5, max: 400 }))
      .map(([text, count]) => Array(count).fill(text).join('&').slice(0, 60_000)),
  ],
  [
    1,
    fc
      .tuple(parameter, value, fc.integer({ min: 5, max: 2000 }))
      .map(([name, text, count]) =>
        `${name}=${Array(count).fill(text).join(',')}`.slice(0, 60_000),
      ),
  ],
  [1, nastyText],
);

const groupParameter = weighted(
  [4, fc.tuple(oneOf(['_id', 'identifier', 'name']), modifier, around(value))],
  [1, fc.tuple(oneOf(['_count', '_page']), fc.constant(''), around(oneOf(['1', '100', 'b25l'])))],
);

/** A search of Groups. */
export const groupQuery: Arbitrary<string> = weighted(
  [
    6,
    fc
      .array(groupParameter, { maxLength: 3 })
      .map((all) => all.map(([name, mod, text]) => `${name}${mod}=${encode(text)}`).join('&')),
  ],
  [1, searchQuery],
);

/** A `_typeFilter`. */
export const typeFilter: Arbitrary<string> = weighted(
  [9, fc.tuple(typeName, searchQuery).map(([type, query]) => `${type}?${query}`)],
  [1, nastyText],
);

/** One or more scopes, as a token or a request for one holds them. */
export const scopes: Arbitrary<string> = weighted(
  [6, fc.constant('system/*.rs')],
  [
    4,
    fc
      .array(
        fc
          .tuple(
            weighted([8, fc.constant('system')], [1, oneOf(['patient', 'user', 'launch', ''])]),
            typeName,
            around(oneOf(['rs', 'read', 'r', 's', 'cruds', '*', 'sr'])),
            weighted([2, fc.constant('')], [1, searchQuery.map((query) => `?${query}`)]),
          )
          .map(([context, type, action, query]) => `${context}/${type}.${action}${query}`),
        { minLength: 1, maxLength: 5 },
      )
      .map((all) => all.join(' ')),
  ],
  [
    1,
    fc.tuple(searchQuery, fc.integer({ min: 50, max: 500 })).map(([query, count]) =>
      Array.from({ length: count }, (_, n) => `system/Observation.rs?${query}&_id=${n}`)
        .join(' ')
        .slice(0, 12_000),
    ),
  ],
  [1, oneOf(['system/bulk-admin', 'system/bulk-admin system/*.rs', 'openid', 'launch'])],
  [1, nastyText],
);
