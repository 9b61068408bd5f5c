import {
  ApiStack,
  ask,
  begin,
  end,
  kickOffHeaders,
  outcomeOf,
  verdict,
  type Question,
} from './api-client.ts';

let stack: ApiStack;
let base: string;

beforeAll(async () => {
  stack = await ApiStack.create();
  base = await stack.start({ MAX_BODY_BYTES: '4096' });
  await stack.store(
    { resourceType: 'Patient', id: 'p1' },
    { resourceType: 'Patient', id: 'p2' },
    { resourceType: 'Patient', id: 'outsider' },
    {
      resourceType: 'Group',
      id: 'g1',
      member: [{ entity: { reference: 'Patient/p1' } }, { entity: { reference: 'Patient/p2' } }],
    } as { resourceType: string; id: string },
  );
});
afterAll(() => stack.drop());

const levels = ['/$export', '/Patient/$export', '/Group/g1/$export'];
const lenient = { ...kickOffHeaders, prefer: 'respond-async, handling=lenient' };
const post = (body: string | object, headers: Record<string, string> = {}): Question => ({
  method: 'POST',
  headers: { ...kickOffHeaders, 'content-type': 'application/fhir+json', ...headers },
  body: typeof body === 'string' ? body : JSON.stringify(body),
});
const parameters = (...parameter: object[]) => ({ resourceType: 'Parameters', parameter });

describe.each(levels)('%s', (path) => {
  test.each<[string, Question]>([
    ['GET', { headers: kickOffHeaders }],
    ['POST', post(parameters())],
    ['POST as application/json', post(parameters(), { 'content-type': 'application/json' })],
  ])('answers %s with 202, the absolute status URL and no body', async (_title, question) => {
    const answer = await ask(base + path, question);
    expect([answer.status, answer.text]).toEqual([202, '']);
    const location = answer.headers['content-location'] ?? '';
    expect(location).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/fhir\/\$export-status\/[0-9a-f-]{36}$/);
    expect(answer.headers['preference-applied']).toBe('respond-async');
    expect(answer.headers['cache-control']).toBe('no-store');
    await end(location);
  });

  test.each<[string, string, Question, string]>([
    ['an absent Accept', '', { headers: { prefer: 'respond-async' } }, '400 required'],
    ['an absent Prefer', '', { headers: { accept: '*/*' } }, '400 required'],
    ['neither of them', '', {}, '400 required'],
    [
      'Accept of XML',
      '',
      { headers: { ...kickOffHeaders, accept: 'application/fhir+xml' } },
      '406 not-supported',
    ],
    ['an unknown parameter', '?x=1', { headers: kickOffHeaders }, '400 not-supported'],
    ['_typeFilter', '?_typeFilter=Patient%3Fx=1', { headers: kickOffHeaders }, '400 not-supported'],
    ['an unknown type', '?_type=MissingType', { headers: kickOffHeaders }, '400 value'],
    [
      'an unknown format',
      '?_outputFormat=text/html',
      { headers: kickOffHeaders },
      '400 not-supported',
    ],
    [
      'a _since that is none',
      '?_since=0000-60-01T30:70:80+05:00',
      { headers: kickOffHeaders },
      '400 value',
    ],
    ['a _since to come', '?_since=2057-01-01T00:00:00Z', { headers: kickOffHeaders }, '400 value'],
    ['a lenient _since to come', '?_since=2057-01-01T00:00:00Z', { headers: lenient }, '400 value'],
    [
      '_since twice',
      '?_since=2020-01-01T00:00:00Z&_since=2020-01-01T00:00:00Z',
      { headers: kickOffHeaders },
      '400 invalid',
    ],
    ['broken percent-encoding', '?_type=%E0%A4%A', { headers: kickOffHeaders }, '400 invalid'],
    ['several faults', '?_type=X&y=1', { headers: {} }, '400 required not-supported value'],
    [
      'no body',
      '',
      { method: 'POST', headers: { ...kickOffHeaders, 'content-type': 'application/json' } },
      '400 invalid',
    ],
    ['a body that is {}', '', post({}), '400 invalid'],
    ['a body that is a Patient', '', post({ resourceType: 'Patient' }), '400 invalid'],
    ['a body that is broken', '', post('{"resourceType":'), '400 structure'],
    [
      'a form',
      '',
      post('_type=Patient', { 'content-type': 'application/x-www-form-urlencoded' }),
      '415 not-supported',
    ],
    [
      'a body in an unknown encoding',
      '',
      post('x', { 'content-encoding': 'zstd' }),
      '415 not-supported',
    ],
    [
      'a body that is too long',
      '',
      post(parameters({ name: '_type', valueString: 'P'.repeat(5000) })),
      '413 too-long',
    ],
    [
      'an unknown type by POST',
      '',
      post(parameters({ name: '_type', valueCode: 'Foo' })),
      '400 value',
    ],
    ['PUT', '', { method: 'PUT', headers: kickOffHeaders }, '405 not-supported'],
    ['DELETE', '', { method: 'DELETE' }, '405 not-supported'],
    ['OPTIONS', '', { method: 'OPTIONS' }, '405 not-supported'],
  ])('refuses %s', async (_title, query, question, expected) => {
    expect(verdict(await ask(base + path + query, question))).toBe(expected);
  });

  test.each<[string, Question]>([
    ['?_outputFormat=application/fhir+ndjson', { headers: kickOffHeaders }],
    ['?_outputFormat=application%2Ffhir%2Bndjson%2Bgzip', { headers: kickOffHeaders }],
    ['?_since=2020-01-01T00:00:00%2B05:00', { headers: kickOffHeaders }],
    ['?_since=2020-01-01T00:00:00.123+05:00', { headers: kickOffHeaders }],
    ['?_type=Patient,%20Observation&_type=Encounter', { headers: kickOffHeaders }],
    ['?_typeFilter=Patient%3Fstatus=active&_elements=id', { headers: lenient }],
    ['?_type=MissingType,Patient', { headers: lenient }],
    ['', { headers: { accept: '*/*', prefer: ['wait=5', 'Respond-Async'] } }],
    ['', post(parameters({ name: '_since', valueInstant: '2020-01-01T00:00:00Z' }))],
  ])('accepts %s', async (query, question) => {
    const answer = await ask(base + path + query, question);
    expect(verdict(answer)).toBe('202');
    await end(answer.headers['content-location'] ?? '');
  });
});

test('a HEAD never starts an export', async () => {
  const before = await stack.countExports();
  const answer = await ask(`${base}/$export`, { method: 'HEAD', headers: kickOffHeaders });
  expect([answer.status, answer.headers.allow]).toEqual([405, 'GET, POST']);
  expect(await stack.countExports()).toBe(before);
});

test('%24export is $export', async () => {
  await end(await begin(base, '/%24export'));
  await end(await begin(base, '/Group/g1/%24export'));
});

test.each<[string, string]>([
  ['/Group/unknown/$export', '404 not-found'],
  ['/Group/not_an_id/$export', '404 not-found'],
  ['/Group/a%2Fb/$export', '404 not-found'],
  ['/group/g1/$export', '404 not-found'],
  ['/patient/$export', '404 not-found'],
  ['/Patient/p1/$export', '404 not-found'],
  ['/Observation/$export', '404 not-found'],
  ['/Group/$export', '404 not-found'],
  ['/$export?patient=p1', '400 invalid'],
  ['/Patient/$export?patient=', '400 value'],
  ['/Patient/$export?patient=p1,unknown', '400 not-found'],
  ['/Patient/$export?patient=Group/g1', '400 invalid'],
  ['/Patient/$export?_type=Organization', '400 not-supported'],
  ['/Group/g1/$export?patient=outsider', '400 not-found'],
])('%s is answered %s', async (path, expected) => {
  expect(verdict(await ask(base + path, { headers: kickOffHeaders }))).toBe(expected);
});

test.each([
  ['/Patient/$export?patient=p1,Patient/p2', kickOffHeaders, ['p1', 'p2']],
  ['/Group/g1/$export?patient=p1', kickOffHeaders, ['p1']],
  ['/Patient/$export?patient=p1,unknown', lenient, ['p1']],
  ['/Group/g1/$export?patient=outsider,p2', lenient, ['p2']],
])('%s (%j) exports %j', async (path, headers, patients) => {
  const answer = await ask(base + path, { headers });
  expect(verdict(answer)).toBe('202');
  const location = answer.headers['content-location'] ?? '';
  const { rows } = await stack.database.pool.query<{ patients: string[] }>(
    `select kick_off->'patients' as patients from sluice.exports where id = $1`,
    [location.split('/').at(-1)],
  );
  expect(rows[0]?.patients).toEqual(patients);
  await end(location);
});

test('a lenient kick-off of patients that are all unknown is refused', async () => {
  const answer = await ask(`${base}/Patient/$export?patient=a,b`, { headers: lenient });
  expect(verdict(answer)).toBe('400 not-found');
  expect(outcomeOf(answer).issue[0]?.details.text).toContain('"a", "b"');
});

test('what Postgres could not store is no reason for a 500', async () => {
  const answer = await ask(`${base}/$export?%00=1&_type=Patient,%00`, { headers: lenient });
  expect(verdict(answer)).toBe('202');
  await end(answer.headers['content-location'] ?? '');
  expect(
    verdict(await ask(`${base}/Patient/$export?patient=%00`, { headers: kickOffHeaders })),
  ).toBe('400 invalid');
});

test('a refused kick-off leaves no row and does not take the slot', async () => {
  const before = await stack.countExports();
  for (const path of [
    '/$export?x=1',
    '/Group/unknown/$export',
    '/Patient/$export?patient=unknown',
  ]) {
    expect((await ask(base + path, { headers: kickOffHeaders })).status).toBeGreaterThanOrEqual(
      400,
    );
  }
  expect(await stack.countExports()).toBe(before);
  await end(await begin(base));
});

test('with KICKOFF_HEADERS=lenient absent headers are taken as meant', async () => {
  const relaxed = await stack.start({ KICKOFF_HEADERS: 'lenient' });
  const answer = await ask(`${relaxed}/$export`);
  expect(answer.status).toBe(202);
  expect(answer.headers).not.toHaveProperty('preference-applied');
  await end(answer.headers['content-location'] ?? '');
});

test('absolute URLs begin with BASE_URL, whatever the request says of its host', async () => {
  const proxied = await stack.start({ BASE_URL: 'https://fhir.example.org/bulk/' });
  const answer = await ask(`${proxied}/%24export?_type=Patient%2CGroup`, {
    headers: { ...kickOffHeaders, host: 'evil.example', 'x-forwarded-host': 'evil.example' },
  });
  const location = answer.headers['content-location'] ?? '';
  expect(location).toMatch(/^https:\/\/fhir\.example\.org\/bulk\/\$export-status\//);
  const id = location.split('/').at(-1) ?? '';
  const { rows } = await stack.database.pool.query<{ request: string }>(
    `select kick_off->>'request' as request from sluice.exports where id = $1`,
    [id],
  );
  expect(rows[0]?.request).toBe('https://fhir.example.org/bulk/%24export?_type=Patient%2CGroup');
  await end(`${base}/$export-status/${id}`);
});
