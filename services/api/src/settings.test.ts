import { publicBaseUrl, readApiSettings } from './settings.ts';

const env = { DATABASE_URL: 'postgres://x/y', REDIS_URL: 'redis://x' };

test.each(['127.0.0.1', '127.1.2.3', '::1', 'localhost', ''])(
  'without authentication it may listen on %j',
  (HOST) => {
    expect(readApiSettings({ ...env, HOST }).AUTH_MODE).toBe('none');
  },
);

test.each(['0.0.0.0', '::', '10.0.0.1', 'example.org', '127.0.0.1.example.org'])(
  'without authentication it listens on %s only with ALLOW_OPEN',
  (HOST) => {
    expect(() => readApiSettings({ ...env, HOST })).toThrow(/HOST is .*ALLOW_OPEN=true/);
    expect(readApiSettings({ ...env, HOST, ALLOW_OPEN: 'true' }).HOST).toBe(HOST);
  },
);

test.each(['smart', 'jwt'])('with AUTH_MODE=%s it may listen anywhere', (AUTH_MODE) => {
  const issuers = { AUTH_ISSUERS: 'https://id.example' };
  expect(readApiSettings({ ...env, ...issuers, HOST: '0.0.0.0', AUTH_MODE }).HOST).toBe('0.0.0.0');
});

test.each([
  [{ AUTH_MODE: 'jwt' }, /AUTH_ISSUERS is needed/],
  [{ AUTH_MODE: 'basic' }, /AUTH_MODE is "basic"; accepted: none or jwt or smart/],
  [{ TLS_CERT: 'a' }, /TLS_CERT and TLS_KEY belong together/],
  [{ TLS_KEY: 'a' }, /TLS_CERT and TLS_KEY belong together/],
])('%j is refused', (changes, expected) => {
  expect(() => readApiSettings({ ...env, ...changes })).toThrow(expected);
});

test('all faults are named at once', () => {
  const faulty = { HOST: '0.0.0.0', PORT: 'x', BASE_URL: 'ftp://x' };
  expect(() => readApiSettings(faulty)).toThrow(/DATABASE_URL[^]*HOST is[^]*BASE_URL is/);
});

test.each([
  [{}, 'http://127.0.0.1:8080/fhir'],
  [{ HOST: '::1' }, 'http://[::1]:8080/fhir'],
  [{ HOST: '0.0.0.0', ALLOW_OPEN: 'true' }, 'http://localhost:8080/fhir'],
  [{ TLS_CERT: 'a', TLS_KEY: 'b' }, 'https://127.0.0.1:8080/fhir'],
  [{ BASE_URL: 'https://fhir.example.org/r4//' }, 'https://fhir.example.org/r4'],
])('with %j the base is %s', (changes, expected) => {
  expect(publicBaseUrl(readApiSettings({ ...env, ...changes }), 8080)).toBe(expected);
});

test.each([
  [undefined, 'forever'],
  ['forever', 'forever'],
  ['90d', 7_776_000_000],
])('HISTORY_RETENTION %p is read as %p', (HISTORY_RETENTION, expected) => {
  expect(readApiSettings({ ...env, HISTORY_RETENTION }).HISTORY_RETENTION).toBe(expected);
});

test.each(['59m', 'never', '0', '-1d'])('HISTORY_RETENTION %s is refused', (HISTORY_RETENTION) => {
  expect(() => readApiSettings({ ...env, HISTORY_RETENTION })).toThrow(
    /HISTORY_RETENTION is .*; accepted: a duration .*, or forever/,
  );
});
