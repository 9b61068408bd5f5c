import { AuthError } from './errors.ts';

/** One public key of a JSON Web Key Set. */
export interface Key {
  readonly kty: string;
  readonly kid?: string;
  readonly use?: string;
  readonly alg?: string;
  readonly key_ops?: string[];
  readonly crv?: string;
  readonly [member: string]: unknown;
}

/** A JSON Web Key Set. */
export interface KeySet {
  readonly keys: readonly Key[];
}

/** What a key has to be for a signature. */
export interface WantedKey {
  readonly kid?: string | undefined;
  readonly alg: string;
}

/** Signatures that are believed: asymmetric ones. */
export const signingAlgorithms = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
] as const;

const curves: ReadonlyMap<string, string> = new Map([
  ['ES256', 'P-256'],
  ['ES384', 'P-384'],
  ['ES512', 'P-521'],
]);
const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];
const maxKeys = 100;
/** Of an RSA modulus. RFC 7518, 3.3 */
const fewestBits = 2048;

/**
 * Reads a key set that came from elsewhere. Keys of no use are for `selectKey` to pass over, but a set that gives away a
 * private key is refused as a whole.
 *
 * @throws AuthError `invalid_client`
 */
export function readKeySet(value: unknown): KeySet {
  const keys = (value as { keys?: unknown } | null | undefined)?.keys;
  if (!Array.isArray(keys) || keys.length > maxKeys || !keys.every(isKey)) {
    throw new AuthError('invalid_client', 'The key set is not a JSON Web Key Set.');
  }
  if (keys.some((key) => privateMembers.some((member) => Object.hasOwn(key, member)))) {
    throw new AuthError('invalid_client', 'The key set holds a private or symmetric key.');
  }
  return { keys };
}

/** What is wrong with a key set that somebody registers, one line each. SPEC G-021 */
export function faultsOfKeySet(value: unknown): string[] {
  let set: KeySet;
  try {
    set = readKeySet(value);
  } catch (error) {
    if (error instanceof AuthError) return [error.message];
    throw error;
  }
  const kids = set.keys.map(({ kid }) => kid);
  return [
    ...(set.keys.length === 0 ? ['The key set is empty.'] : []),
    ...set.keys.flatMap((key, index) => faultsOfKey(key, index)),
    ...(new Set(kids).size === kids.length ? [] : ['The kid of each key has to be unique.']),
  ];
}

/**
 * Chooses the key of a signature: the only one with its `kid` that fits its algorithm and is meant for signatures.
 * Without a `kid` in the token, the only one that fits. SPEC G-027, G-037
 *
 * @throws AuthError `invalid_client` when several do
 */
export function selectKey({ keys }: KeySet, { kid, alg }: WantedKey): Key | undefined {
  const fitting = keys.filter((key) => (kid === undefined || key.kid === kid) && fits(key, alg));
  if (fitting.length > 1) {
    throw new AuthError('invalid_client', 'Several keys of the key set fit the signature.');
  }
  return fitting[0];
}

function fits(key: Key, alg: string): boolean {
  const curve = curves.get(alg);
  return (
    (curve === undefined ? key.kty === 'RSA' : key.kty === 'EC' && key.crv === curve) &&
    (key.use === undefined || key.use === 'sig') &&
    (key.key_ops === undefined || (Array.isArray(key.key_ops) && key.key_ops.includes('verify'))) &&
    (key.alg === undefined || key.alg === alg)
  );
}

function isKey(value: unknown): value is Key {
  if (typeof value !== 'object' || value === null) return false;
  const { kty, key_ops: uses } = value as { kty?: unknown; key_ops?: unknown };
  return typeof kty === 'string' && (uses === undefined || Array.isArray(uses));
}

function faultsOfKey(key: Key, index: number): string[] {
  const needed = key.kty === 'RSA' ? ['n', 'e'] : key.kty === 'EC' ? ['crv', 'x', 'y'] : undefined;
  if (needed === undefined)
    return [`Key ${index + 1} is of the type ${key.kty}; accepted: RSA, EC.`];
  const missing = ['kid', ...needed].filter(
    (member) => typeof key[member] !== 'string' || key[member] === '',
  );
  if (missing.length > 0) return missing.map((member) => `Key ${index + 1} has no ${member}.`);
  const bits = key.kty === 'RSA' ? bitsOf(String(key['n'])) : Infinity;
  if (bits >= fewestBits) return [];
  return [`Key ${index + 1} is an RSA key of ${bits} bits; accepted: ${fewestBits} or more.`];
}

/** Length of a number in base64url. */
function bitsOf(number: string): number {
  const bytes = Buffer.from(number, 'base64url');
  const first = bytes.findIndex((byte) => byte !== 0);
  return first < 0 ? 0 : 8 * (bytes.length - first) - (Math.clz32(bytes[first] ?? 0) - 24);
}
