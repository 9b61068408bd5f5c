import { ClientError, readClient, readClients } from './read-client.ts';

const rsa = (bits: number): object => {
  const modulus = Buffer.alloc(Math.ceil(bits / 8), 0xff);
  modulus[0] = 0xff >> (8 * modulus.length - bits);
  return { keys: [{ kty: 'RSA', kid: 'a', n: modulus.toString('base64url'), e: 'AQAB' }] };
};
const jwks = rsa(2048);

test('a client is read, with what it is registered for by default', () => {
  expect(readClient({ id: 'one', jwks })).toEqual({
    id: 'one',
    jwks,
    scopes: ['system/*.rs'],
    disabled: false,
  });
});

test('everything that can be said of a client is understood', () => {
  const client = readClient({
    id: 'one',
    jwksUrl: 'https://client.example/jwks',
    scopes: 'system/Patient.rs system/Group.read',
    groups: ['Group/a', 'b'],
    patients: ['Patient/1'],
    slots: 2,
    disabled: true,
  });
  expect(client).toEqual({
    id: 'one',
    jwksUrl: 'https://client.example/jwks',
    scopes: ['system/Patient.rs', 'system/Group.read'],
    groups: ['a', 'b'],
    patients: ['1'],
    slots: 2,
    disabled: true,
  });
});

test.each([
  ['nothing', null],
  ['no id', { jwks }],
  ['an id with a space', { id: 'a b', jwks }],
  ['no keys', { id: 'a' }],
  ['keys twice', { id: 'a', jwks, jwksUrl: 'https://client.example' }],
  ['a URL of another scheme', { id: 'a', jwksUrl: 'ftp://client.example' }],
  ['an empty key set', { id: 'a', jwks: { keys: [] } }],
  ['an RSA key of 2,047 bits', { id: 'a', jwks: rsa(2047) }],
  ['an RSA key of 1,024 bits', { id: 'a', jwks: rsa(1024) }],
  [
    'an RSA key of no bits',
    { id: 'a', jwks: { keys: [{ kty: 'RSA', kid: 'a', n: 'AA', e: 'AQAB' }] } },
  ],
  ['an unknown scope', { id: 'a', jwks, scopes: 'user/*.rs' }],
  ['101 scopes', { id: 'a', jwks, scopes: Array<string>(101).fill('system/*.rs') }],
  ['long scopes', { id: 'a', jwks, scopes: [`system/*.rs?_tag=${'a'.repeat(4096)}`] }],
  ['no scope', { id: 'a', jwks, scopes: [] }],
  ['a scope that is no text', { id: 'a', jwks, scopes: [5] }],
  ['groups that are no list', { id: 'a', jwks, groups: 'a' }],
  ['a patient that is no id', { id: 'a', jwks, patients: ['a b'] }],
  ['no slots', { id: 'a', jwks, slots: 0 }],
  ['disabled by a text', { id: 'a', jwks, disabled: 'yes' }],
  ['a member that is not known', { id: 'a', jwks, scope: 'system/*.rs' }],
])('%s is refused', (_, value) => {
  expect(() => readClient(value)).toThrow(ClientError);
});

test('the faults of all clients of a file are told at once, each with its client', () => {
  const clients = [
    { id: 'a' },
    { id: 'b', jwks, slots: 'many' },
    { id: 'c', jwks },
    { id: 'c', jwks },
  ];
  const faults = (): string[] => {
    try {
      readClients(JSON.stringify({ clients }));
    } catch (error) {
      if (error instanceof ClientError) return [...error.faults];
    }
    return [];
  };
  expect(faults()).toEqual([
    expect.stringContaining('client a: '),
    expect.stringContaining('client b: slots'),
    'client c is there twice.',
  ]);
  expect(() => readClients('{')).toThrow(ClientError);
  expect(() => readClients('{}')).toThrow(ClientError);
  expect(readClients('{"clients":[]}')).toEqual([]);
});
