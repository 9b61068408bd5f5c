import { gzipSync } from 'node:zlib';
import fc, { type Arbitrary } from 'fast-check';
import { mutated, nastyJson } from './json.ts';
import { groupQuery, scopes, typeFilter, typeName } from './search.ts';
import { around, encode, inUrl, nastyText, oneOf, weighted } from './text.ts';

/** A body and the headers that go with it. */
export interface HostileBody {
  readonly bytes: Buffer;
  readonly headers: readonly (readonly [name: string, value: string])[];
}

/** Values of the parameters of a kick-off, by name. */
export const kickOffValues: Readonly<Record<string, Arbitrary<string>>> = {
  _type: weighted(
    [3, typeName],
    [2, fc.array(typeName, { maxLength: 5 }).map((all) => all.join(','))],
    [1, nastyText],
  ),
  _since: around(
    oneOf([
      '2024-01-01T00:00:00Z',
      '2030-01-01T00:00:00Z',
      '2024',
      '1900-01-01T00:00:00.000+14:00',
    ]),
  ),
  _until: around(oneOf(['2024-01-01T00:00:00Z', '2099-01-01T00:00:00Z', '0001-01-01T00:00:00Z'])),
  _till: around(oneOf(['2025-01-01T00:00:00Z'])),
  _typeFilter: typeFilter,
  _elements: around(oneOf(['id', 'Patient.name', 'status,code', 'Observation.x', '*', 'id,'])),
  patient: around(
    oneOf([
      'Patient/zebra-1',
      'zebra-1',
      'Patient/none',
      'http://x/Patient/1',
      'Patient/zebra-1/_history/1',
      'Group/one',
    ]),
  ),
  includeAssociatedData: around(
    oneOf([
      'LatestProvenanceResources',
      'RelevantProvenanceResources',
      '_history',
      '_deleted',
      '_history,_deleted',
      '_x',
    ]),
  ),
  allowPartialManifests: around(oneOf(['true', 'false'])),
  _outputFormat: around(
    oneOf([
      'ndjson',
      'application/fhir+ndjson',
      'application/fhir+ndjson+gzip',
      'application/ndjson',
      'x/y;z=1',
    ]),
  ),
  _format: around(oneOf(['json', 'application/fhir+json', 'xml'])),
  _pretty: around(oneOf(['true', 'false'])),
  organizeOutputBy: oneOf(['Patient']),
};

const valueOf = (name: string): Arbitrary<string> =>
  (Object.hasOwn(kickOffValues, name) ? kickOffValues[name] : undefined) ?? nastyText;

const parameterName = around(oneOf(Object.keys(kickOffValues)));

/** One parameter with a value that suits it, or not. */
export const kickOffParameter: Arbitrary<readonly [string, string]> = parameterName.chain((name) =>
  fc.tuple(fc.constant(name), valueOf(name)),
);

const valueForms = [
  'valueString',
  'valueCode',
  'valueInstant',
  'valueReference',
  'valueBoolean',
  'valueUri',
  'valueId',
  'valueCoding',
  'valueInteger',
  'resource',
  'part',
  'value',
];

const bodyParameter: Arbitrary<string> = fc
  .tuple(kickOffParameter, oneOf(valueForms), weighted([5, fc.constant(undefined)], [1, nastyJson]))
  .map(([[name, value], form, odd]) => {
    const text =
      form === 'valueReference' ? JSON.stringify({ reference: value }) : JSON.stringify(value);
    return `{"name":${JSON.stringify(name)},"${form}":${odd ?? text}}`;
  });

const parametersText: Arbitrary<string> = weighted(
  [
    8,
    fc
      .array(bodyParameter, { maxLength: 6 })
      .map((all) => `{"resourceType":"Parameters","parameter":[${all.join(',')}]}`),
  ],
  [
    1,
    fc
      .tuple(bodyParameter, fc.integer({ min: 50, max: 3000 }))
      .map(
        ([one, count]) =>
          `{"resourceType":"Parameters","parameter":[${Array(count).fill(one.slice(0, 400)).join(',')}]}`,
      ),
  ],
  [
    1,
    fc
      .tuple(oneOf(['parameter', 'resourceType', 'id', 'x']), nastyJson)
      .map(([name, value]) => `{"resourceType":"Parameters","${name}":${value}}`),
  ],
  [1, nastyJson],
);

const jsonType = weighted(
  [9, around(oneOf(['application/fhir+json', 'application/json; charset=utf-8']))],
  [1, oneOf(['text/plain', 'application/fhir+xml', 'application/json;charset=utf-7'])],
);

function packedAtTimes(bytes: Arbitrary<Buffer>, type: Arbitrary<string>): Arbitrary<HostileBody> {
  const coding = weighted<'none' | 'gzip' | 'lie'>(
    [20, fc.constant('none')],
    [2, fc.constant('gzip')],
    [1, fc.constant('lie')],
  );
  return fc.tuple(bytes, type, coding).map(([plain, contentType, how]) => ({
    bytes: how === 'gzip' ? gzipSync(plain) : plain,
    headers: [
      ['Content-Type', contentType],
      ...(how === 'none' ? [] : [['Content-Encoding', 'gzip'] as const]),
    ],
  }));
}

const textBytes = (text: Arbitrary<string>): Arbitrary<Buffer> =>
  text.map((value) => Buffer.from(value));
const wholeOrNot = (text: Arbitrary<string>): Arbitrary<Buffer> =>
  weighted([6, textBytes(text)], [1, mutated(textBytes(text))]);

/** A body for a kick-off. */
export const parametersBody = packedAtTimes(wholeOrNot(parametersText), jsonType);

/** A body of a search by POST. */
export const searchBody = packedAtTimes(
  wholeOrNot(groupQuery),
  around(oneOf(['application/x-www-form-urlencoded'])),
);

const yamlText: Arbitrary<string> = weighted(
  [
    3,
    around(
      oneOf([
        'method: aidbox.bulk/storage-healthcheck',
        "method: 'x'",
        'method: &a [*a]',
        '!!js/function x',
        '{method: x}',
        '- method: x',
        'method: |\n  x',
        '%YAML 1.2\n---\nmethod: x',
      ]),
    ),
  ],
  [
    1,
    fc
      .tuple(
        oneOf(['[', '{', '- ', '? ', '&a ', '*a ', '!!', '|', '"', "'", 'a: ', '{a: ', '[{']),
        fc.integer({ min: 10, max: 60_000 }),
      )
      .map(([run, length]) => run.repeat(length / run.length)),
  ],
  [
    1,
    fc
      .tuple(fc.integer({ min: 10, max: 32_000 }), oneOf(['{', '"', '|', 'a: ']))
      .map(([length, then]) => '['.repeat(length) + then.repeat(length)),
  ],
  [1, nastyText],
);

/** A body of a call over /rpc. */
export const rpcBody: Arbitrary<HostileBody> = weighted(
  [2, packedAtTimes(textBytes(yamlText), around(oneOf(['text/yaml', 'application/yaml'])))],
  [
    1,
    packedAtTimes(
      wholeOrNot(
        weighted(
          [1, oneOf(['{"method":"aidbox.bulk/storage-healthcheck"}', '{"method":"x"}'])],
          [1, nastyJson.map((value) => `{"method":${value}}`)],
        ),
      ),
      around(oneOf(['application/json'])),
    ),
  ],
);

/** A form of a request for a token; `{assertion}` stands for an assertion. */
export const tokenForm: Arbitrary<HostileBody> = packedAtTimes(
  wholeOrNot(
    fc
      .tuple(
        around(oneOf(['client_credentials', 'client_credentials', 'client_credentials', 'x'])),
        scopes,
        around(oneOf(['urn:ietf:params:oauth:client-assertion-type:jwt-bearer'])),
        weighted([6, fc.constant('{assertion}')], [1, nastyText]),
        weighted(
          [4, fc.constant('')],
          [1, inUrl(nastyText).map((text) => `&${text}=${text}`)],
          [1, oneOf(['&scope=x', '&client_id=right', '&resource=x', '&client_assertion=x'])],
        ),
      )
      .map(([grant, scope, type, assertion, more]) => {
        const form = new URLSearchParams({ grant_type: grant, scope, client_assertion_type: type });
        return `${form.toString()}&client_assertion=${assertion === '{assertion}' ? assertion : encode(assertion)}${more}`;
      }),
  ),
  around(oneOf(['application/x-www-form-urlencoded'])),
);
