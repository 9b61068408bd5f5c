import fc, { type Arbitrary } from 'fast-check';
import { nastyJson } from './json.ts';
import { scopes } from './search.ts';
import { nastyText, oneOf, weighted } from './text.ts';

/** How a JWT is to be made, as a token or as an assertion; what it says over and above what is right. */
export interface TokenPlan {
  readonly kind: 'right' | 'none' | 'text';
  /** For `text`: sent as it is. */
  readonly text: string;
  readonly scope: string;
  /** JSON of values, by claim, in place of the right ones. */
  readonly claims: Readonly<Record<string, string>>;
  readonly header: Readonly<Record<string, string>>;
  /** Signed with the right key, or not. */
  readonly isSigned: boolean;
}

const claimNames = [
  'iss',
  'sub',
  'aud',
  'exp',
  'iat',
  'nbf',
  'jti',
  'scope',
  'scopes',
  'client_id',
  'azp',
  'groups',
  'patients',
  'fhirUser',
];
const headerNames = ['typ', 'kid', 'crit', 'b64', 'cty', 'jku', 'jwk', 'x5c', 'alg'];

const odd = (names: readonly string[], most: number): Arbitrary<Record<string, string>> =>
  fc
    .array(
      fc.tuple(
        oneOf(names),
        nastyJson.filter((text) => text.length < 9000),
      ),
      { maxLength: most },
    )
    .map((pairs) => Object.fromEntries(pairs));

const segment = weighted(
  [2, nastyJson.map((text) => Buffer.from(text.slice(0, 3000)).toString('base64url'))],
  [
    1,
    oneOf([
      'e30',
      '',
      '=',
      'eyJhbGciOiJub25lIn0',
      'eyJhbGciOiJFUzM4NCJ9',
      'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9',
      '..',
    ]),
  ],
  [1, nastyText.filter((text) => /^[\x21-\x7e]*$/.test(text))],
);

/** Mostly a good one, since what is behind it is what most of the program is. */
export const tokenPlan: Arbitrary<TokenPlan> = fc.record({
  kind: weighted<TokenPlan['kind']>(
    [12, fc.constant('right')],
    [1, fc.constant('none')],
    [2, fc.constant('text')],
  ),
  text: fc.array(segment, { minLength: 1, maxLength: 4 }).map((all) => all.join('.')),
  scope: scopes,
  claims: weighted([3, fc.constant({})], [1, odd(claimNames, 3)]),
  header: weighted([6, fc.constant({})], [1, odd(headerNames, 2)]),
  isSigned: weighted([12, fc.constant(true)], [1, fc.constant(false)]),
});
