import { gzipSync } from 'node:zlib';
import fc, { type Arbitrary } from 'fast-check';
import { mutated, nastyJson } from './json.ts';
import { around, nastyText, oneOf, weighted } from './text.ts';

/** A file for the loader. */
export interface HostileInput {
  readonly name: string;
  readonly bytes: Buffer;
}

/** Of a patient, in every resource: it has no business in a message. */
export const secret = 'Zebrowski';

const quoted = (text: Arbitrary<string>): Arbitrary<string> =>
  text.map((value) => JSON.stringify(value));
const odd = (good: Arbitrary<string>): Arbitrary<string> => weighted([12, good], [1, nastyJson]);

const meta = weighted(
  [4, fc.constant('{}')],
  [
    2,
    oneOf([
      '{"lastUpdated":"2024-01-01T00:00:00Z"}',
      '{"versionId":"1"}',
      '{"lastUpdated":"2024-01-01T00:00:00.123456789+14:00","versionId":"2"}',
      '{"lastUpdated":"2099-02-30T00:00:00Z"}',
      '[]',
      '{"tag":[{}]}',
      '{"versionId":"1","versionId":"2"}',
    ]),
  ],
  [1, nastyJson],
);
const reference = quoted(
  around(
    oneOf([
      'Patient/h-1',
      'urn:uuid:h-1',
      '#x',
      'Patient?x=y',
      'Group/1/_history/2',
      'http://x/Patient/1',
    ]),
  ),
);

/** A resource as JSON. */
const resource: Arbitrary<string> = fc
  .record({
    type: odd(
      quoted(
        around(
          oneOf([
            'Patient',
            'Observation',
            'Group',
            'Provenance',
            'Bundle',
            'Binary',
            'Parameters',
          ]),
        ),
      ),
    ),
    id: odd(quoted(around(fc.nat(400).map((n) => `h-${n}`)))),
    meta,
    reference,
    extra: weighted([3, fc.constant('1.0')], [1, nastyJson]),
    name: weighted(
      [8, oneOf(['extra', 'target', 'member', 'entry', 'recorded', 'reference'])],
      [1, nastyText],
    ),
    space: oneOf(['', '', ' ', '\t']),
  })
  .map(
    ({ type, id, meta: about, reference: to, extra, name, space: s }) =>
      `{${s}"resourceType":${s}${type},"id":${id},"meta":${about},"name":[{"family":"${secret}"}],"subject":{"reference":${to}},${JSON.stringify(name)}:${s}${extra}${s}}`,
  );

const request = weighted(
  [3, fc.constant('')],
  [
    2,
    fc
      .tuple(
        oneOf(['PUT', 'POST', 'DELETE', 'GET', 'PATCH', '']),
        around(oneOf(['Patient/h-1', 'Patient', 'Patient?x=y'])),
      )
      .map(([method, url]) => `,"request":${JSON.stringify({ method, url })}`),
  ],
  [1, nastyJson.map((value) => `,"request":${value}`)],
);
const entry = weighted(
  [
    10,
    fc
      .tuple(quoted(around(fc.nat(9).map((n) => `urn:uuid:h-${n}`))), resource, request)
      .map(([url, text, more]) => `{"fullUrl":${url},"resource":${text}${more}}`),
  ],
  [1, nastyJson],
);
const bundle: Arbitrary<string> = fc
  .tuple(
    quoted(
      around(oneOf(['transaction', 'batch', 'collection', 'history', 'searchset', 'document'])),
    ),
    fc.array(entry, { maxLength: 12 }),
    weighted(
      [8, fc.constant('')],
      [1, nastyJson.map((value) => `,"link":${value}`)],
      [1, fc.constant(',"entry":[]')],
      [1, fc.constant(',"\\u0065ntry":[{}]')],
    ),
    oneOf(['', '\n', '\r\n  ']),
  )
  .map(
    ([type, all, more, s]) =>
      `{"resourceType":"Bundle",${s}"type":${type},${s}"entry":[${s}${all.join(`,${s}`)}]${more}}${s}`,
  );

const lines = fc
  .tuple(
    fc.array(weighted([6, resource], [1, bundle], [1, nastyJson], [1, nastyText]), {
      maxLength: 15,
    }),
    oneOf(['\n', '\r\n', '\n\n']),
  )
  .map(([all, end]) => all.map((line) => line + end).join(''));
const content = weighted([3, lines], [2, bundle], [1, resource]).map((text) => Buffer.from(text));
const packed = weighted(
  [3, content],
  [2, mutated(content)],
  [1, content.map((bytes) => Buffer.concat([Buffer.from('\ufeff'), bytes]))],
);

/** A file that may have been damaged before it was packed or after, whatever its name says. */
export const hostileInput: Arbitrary<HostileInput> = fc
  .tuple(
    oneOf(['a.ndjson', 'a.json', 'a.ndjson.gz', 'a.json.gz', 'Bundle.ndjson', 'a.txt']),
    weighted(
      [4, packed],
      [2, packed.map((bytes) => gzipSync(bytes, { level: 1 }))],
      [1, mutated(packed.map((bytes) => gzipSync(bytes, { level: 1 })))],
      [
        1,
        fc
          .tuple(packed, packed)
          .map(([a, b]) => Buffer.concat([gzipSync(a, { level: 1 }), gzipSync(b, { level: 1 })])),
      ],
    ),
  )
  .map(([name, bytes]) => ({ name, bytes }));
