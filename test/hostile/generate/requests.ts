import fc, { type Arbitrary } from 'fast-check';
import {
  kickOffParameter,
  parametersBody,
  rpcBody,
  searchBody,
  tokenForm,
  type HostileBody,
} from './bodies.ts';
import { groupQuery, typeName } from './search.ts';
import { around, encode, inUrl, longText, nastyText, oneOf, weighted } from './text.ts';
import { tokenPlan, type TokenPlan } from './tokens.ts';

/** A deployment's API, by its AUTH_MODE. */
export type Mode = 'none' | 'smart' | 'jwt';

/** One request, before its placeholders, `{export}` and the like, are filled in. */
export interface HostileRequest {
  /** The route that it is meant for. */
  readonly route: string;
  readonly mode: Mode;
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly token: TokenPlan;
  readonly body: Buffer | undefined;
}

interface RouteInput {
  readonly methods: readonly string[];
  readonly target: Arbitrary<string>;
  readonly body?: Arbitrary<HostileBody>;
}

const segment = (good: Arbitrary<string>): Arbitrary<string> => inUrl(around(good));
const id = segment(oneOf(['zebra-1', 'one', 'both', 'lab-1', 'note-1', 'none']));
const exportId = weighted(
  [4, fc.constant('{export}')],
  [1, segment(oneOf(['00000000-0000-4000-8000-000000000000', 'x']))],
);

const formQuery = (pairs: Arbitrary<readonly (readonly [string, string])[]>): Arbitrary<string> =>
  fc
    .tuple(pairs, weighted([4, fc.constant(true)], [1, fc.constant(false)]))
    .map(([all, isEncoded]) => {
      const send = (text: string): string => (isEncoded ? encode(text) : text);
      return all.map(([name, value]) => `${send(name)}=${send(value)}`).join('&');
    });
const kickOffQuery = formQuery(fc.array(kickOffParameter, { maxLength: 5 }));
const oddQuery = weighted(
  [20, fc.constant('')],
  [1, nastyText],
  [1, inUrl(nastyText)],
  [
    1,
    oneOf(['access_token=x', '_format=json', '_format=xml', '_pretty=true', '_format=', 'a&b&c']),
  ],
);
const signedQuery = formQuery(
  fc
    .tuple(around(oneOf(['1999999999', '0', '99999999999999'])), around(oneOf(['AAAA', ''])))
    .map(([expires, signature]) => [
      ['expires', expires] as const,
      ['signature', signature] as const,
    ]),
);

const at = (
  path: Arbitrary<string> | string,
  query: Arbitrary<string> = oddQuery,
): Arbitrary<string> =>
  fc
    .tuple(typeof path === 'string' ? fc.constant(path) : path, query)
    .map(([given, sent]) => (sent === '' ? given : `${given}?${sent}`));
const read = ['GET', 'GET', 'GET', 'HEAD'];
const start = ['GET', 'GET', 'POST', 'POST', 'HEAD'];

/** What is sent to each route of the API. A test compares the list with the application's own. */
export const routes: Readonly<Record<string, RouteInput>> = {
  '/healthz': { methods: read, target: at('/healthz') },
  '/readyz': { methods: read, target: at('/readyz') },
  '/.well-known/smart-configuration': {
    methods: read,
    target: at('/.well-known/smart-configuration'),
  },
  '/fhir/.well-known/smart-configuration': {
    methods: read,
    target: at('/fhir/.well-known/smart-configuration'),
  },
  '/auth/token': {
    methods: ['POST', 'POST', 'POST', 'GET'],
    target: at('/auth/token'),
    body: tokenForm,
  },
  '/auth/jwks': { methods: read, target: at('/auth/jwks') },
  '/auth/authorize': { methods: read, target: at('/auth/authorize') },
  '/fhir/metadata': { methods: read, target: at('/fhir/metadata') },
  '/fhir/OperationDefinition/:name': {
    methods: read,
    target: at(
      segment(oneOf(['export', 'patient-export', 'group-export'])).map(
        (name) => `/fhir/OperationDefinition/${name}`,
      ),
    ),
  },
  '/fhir/GraphDefinition/patient-data': {
    methods: read,
    target: at('/fhir/GraphDefinition/patient-data'),
  },
  '/fhir/$export': {
    methods: start,
    target: at(
      weighted(
        [9, fc.constant('/fhir/$export')],
        [1, oneOf(['/fhir/%24export', '/fhir//$export', '/fhir/$Export', '/fhir/$export/'])],
      ),
      kickOffQuery,
    ),
    body: parametersBody,
  },
  '/fhir/Patient/$export': {
    methods: start,
    target: at('/fhir/Patient/$export', kickOffQuery),
    body: parametersBody,
  },
  '/fhir/Group/:id/$export': {
    methods: start,
    target: at(
      segment(oneOf(['one', 'both', 'none'])).map((group) => `/fhir/Group/${group}/$export`),
      kickOffQuery,
    ),
    body: parametersBody,
  },
  '/fhir/$export-status': {
    methods: read,
    target: at(
      '/fhir/$export-status',
      weighted(
        [
          1,
          formQuery(
            fc.array(
              fc.tuple(
                around(oneOf(['_count', '_page', 'state', 'status'])),
                around(oneOf(['1', '0', 'active', '1e9'])),
              ),
              { maxLength: 3 },
            ),
          ),
        ],
        [1, oddQuery],
      ),
    ),
  },
  '/fhir/$export-status/:id': {
    methods: ['GET', 'GET', 'GET', 'GET', 'GET', 'GET', 'HEAD', 'DELETE'],
    target: at(exportId.map((name) => `/fhir/$export-status/${name}`)),
  },
  '/fhir/$export-file/:id/:name': {
    methods: read,
    target: weighted(
      [1, fc.constant('{file}')],
      [
        2,
        at(
          fc
            .tuple(
              exportId,
              segment(oneOf(['Patient.1.ndjson', 'Observation.1.ndjson', 'error.1.ndjson'])),
            )
            .map(([of, name]) => `/fhir/$export-file/${of}/${name}`),
          signedQuery,
        ),
      ],
    ),
  },
  '/fhir/$export-attachment/:id/:binaryId': {
    methods: read,
    target: weighted(
      [1, fc.constant('{attachment}')],
      [
        2,
        at(
          fc.tuple(exportId, id).map(([of, binary]) => `/fhir/$export-attachment/${of}/${binary}`),
          signedQuery,
        ),
      ],
    ),
  },
  '/rpc': { methods: ['POST', 'POST', 'POST', 'GET'], target: at('/rpc'), body: rpcBody },
  '/fhir/Group': { methods: read, target: at('/fhir/Group', groupQuery) },
  '/fhir/Group/_search': {
    methods: ['POST', 'POST', 'GET'],
    target: at('/fhir/Group/_search'),
    body: searchBody,
  },
  '/fhir/:type/:id': {
    methods: read,
    target: at(
      weighted(
        [3, oneOf(['Patient/zebra-1', 'Observation/lab-1', 'Binary/note-1', 'Group/both'])],
        [1, fc.tuple(segment(typeName), id).map(([type, name]) => `${type}/${name}`)],
      ).map((address) => `/fhir/${address}`),
    ),
  },
  '/fhir/Binary/:id/_history/:versionId': {
    methods: read,
    target: at(
      weighted(
        [2, oneOf(['note-1/_history/1', 'note-1/_history/2', 'note-2/_history/1'])],
        [1, fc.tuple(id, id).map(([name, version]) => `${name}/_history/${version}`)],
      ).map((address) => `/fhir/Binary/${address}`),
    ),
  },
  nowhere: {
    methods: ['GET', 'POST', 'PUT'],
    target: weighted(
      [1, inUrl(nastyText).map((text) => `/${text}`)],
      [1, nastyText.map((text) => `/fhir/${text}`)],
      [1, longText],
      [
        1,
        oneOf([
          '*',
          'http://x/fhir/metadata',
          '//fhir/metadata',
          '/fhir/..',
          '/fhir/a/b/c/d',
          '/metrics',
        ]),
      ],
    ),
  },
};

/** What is sent in headers: values that suit, for the most part. */
const headerValues: Readonly<Record<string, Arbitrary<string>>> = {
  Accept: around(
    oneOf([
      'application/fhir+json',
      '*/*',
      'application/json;q=0.5, */*;q=0.1',
      'application/fhir+xml',
      'text/html, application/xhtml+xml',
      'application/fhir+ndjson',
    ]),
  ),
  Prefer: around(
    oneOf([
      'respond-async',
      'respond-async, handling=lenient',
      'handling=strict',
      'respond-async; x="y"',
      'return=minimal',
      'respond-async, wait=10',
    ]),
  ),
  'Accept-Encoding': around(oneOf(['gzip', 'identity;q=0, *;q=0', 'gzip;q=1.0, br'])),
  Range: around(
    oneOf([
      'bytes=0-',
      'bytes=0-0',
      'bytes=-1',
      'bytes=5-2',
      'bytes=0-1,3-4',
      'bytes=99999999999999999999-',
      'lines=1-2',
    ]),
  ),
  'If-Range': around(oneOf(['"x"', 'Thu, 01 Jan 2026 00:00:00 GMT'])),
  'If-None-Match': around(oneOf(['*', 'W/"1"', '"1"', 'W/"1", "2"'])),
  'If-Modified-Since': around(oneOf(['Thu, 01 Jan 2026 00:00:00 GMT', 'x'])),
  'If-Match': around(oneOf(['*', 'W/"1"'])),
  Origin: around(oneOf(['https://evil.example', 'null'])),
  'X-Forwarded-For': around(oneOf(['1.2.3.4', '1.2.3.4, 5.6.7.8', '::1'])),
  'X-Forwarded-Host': around(oneOf(['evil.example'])),
  // It is logged as it is, so it must not name what is looked for in logs.
  'X-Request-Id': around(oneOf(['abc'])).map((text) => text.replaceAll('zebra', 'horse')),
  Traceparent: around(oneOf(['00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'])),
  Cookie: nastyText,
  Expect: oneOf(['100-continue', 'x']),
  'X-HTTP-Method-Override': oneOf(['DELETE']),
};

const header: Arbitrary<readonly [string, string]> = oneOf(Object.keys(headerValues)).chain(
  (name) => fc.tuple(fc.constant(name), headerValues[name] ?? nastyText),
);
type Headers = readonly (readonly [name: string, value: string])[];
const kickOffHeaders: Headers = [
  ['Accept', 'application/fhir+json'],
  ['Prefer', 'respond-async'],
];
const headers: Arbitrary<readonly (readonly [string, string])[]> = fc
  .tuple(
    weighted([5, fc.constant(kickOffHeaders)], [1, fc.constant<Headers>([])]),
    weighted([2, fc.constant<Headers>([])], [1, fc.array(header, { maxLength: 4 })]),
  )
  .map(([usual, more]) => [...usual, ...more]);
const otherMethod = oneOf(['PUT', 'PATCH', 'OPTIONS', 'TRACE', 'DELETE', 'POST', 'PROPFIND']);

/** Routes that take most of the requests, since most of the program is behind them. */
const heavy = /\$export$|token$|Group|status\/:id|file|attachment/;

/** Any request to any route. */
export const hostileRequest: Arbitrary<HostileRequest> = weighted(
  ...Object.entries(routes).map(([route, input]) => {
    const mode = route.startsWith('/auth')
      ? weighted<Mode>([4, fc.constant('smart')], [1, fc.constant('none')])
      : oneOf<Mode>(['none', 'smart', 'jwt']);
    const body = weighted<HostileBody | undefined>(
      [route.startsWith('/auth') ? 1 : 8, fc.constant(undefined)],
      [input.body === undefined ? 0 : 20, input.body ?? fc.constant(undefined)],
      [1, nastyText.map((text) => ({ bytes: Buffer.from(text), headers: [] }))],
    );
    const request = fc
      .record({
        mode,
        method: weighted([12, oneOf(input.methods)], [1, otherMethod]),
        target: input.target,
        headers,
        token: tokenPlan,
        body,
      })
      .map(({ body: sent, ...others }): HostileRequest => {
        const isBare =
          sent === undefined ||
          (['GET', 'HEAD'].includes(others.method) && sent.headers.length > 0);
        return {
          route,
          ...others,
          headers: isBare ? others.headers : [...others.headers, ...sent.headers],
          body: isBare ? undefined : sent.bytes,
        };
      });
    return [heavy.test(route) ? 4 : 1, request] as const;
  }),
);
