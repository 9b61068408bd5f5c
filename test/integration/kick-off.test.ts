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
    },
    { resourceType: 'Group', id: 'described', actual: false },
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
    ['POST without a body', { method: 'POST', headers: kickOffHeaders }],
    [
      'POST of a form without a body',
      {
        method: 'POST',
        headers: { ...kickOffHeaders, 'content-type': 'application/x-www-form-urlencoded' },
      },
    ],
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
    [
      'a _typeFilter with a parameter that is none',
      '?_typeFilter=Patient%3Fx=1',
      { headers: kickOffHeaders },
      '400 not-supported',
    ],
    [
      'a lenient _typeFilter with a result parameter',
      '?_typeFilter=Patient%3F_sort=name',
      { headers: lenient },
      '400 invalid',
    ],
    [
      'a _typeFilter of no type',
      '?_typeFilter=%3Fname=x',
      { headers: kickOffHeaders },
      '400 invalid',
    ],
    [
      'a _typeFilter with a NUL, encoded twice',
      '?_typeFilter=Patient%3Fname=%2500',
      { headers: lenient },
      '400 invalid',
    ],
    [
      'a Prefer of more than 2 KB',
      '',
      { headers: { ...kickOffHeaders, prefer: `respond-async, x="${'"'.repeat(2048)}` } },
      '400 too-long',
    ],
    [
      'an Accept of more than 2 KB',
      '',
      { headers: { ...kickOffHeaders, accept: '*/*,'.repeat(513) } },
      '400 too-long',
    ],
    [
      '_elements that are no root elements',
      '?_elements=a.b.c',
      { headers: kickOffHeaders },
      '400 invalid',
    ],
    ['_elements that R4 does not have', '?_elements=x', { headers: kickOffHeaders }, '400 value'],
    ['an _until that is none', '?_until=x', { headers: lenient }, '400 value'],
    [
      'an _until before _since',
      '?_since=2020-01-02T00:00:00Z&_until=2020-01-01T00:00:00Z',
      { headers: lenient },
      '400 value',
    ],
    [
      '_until under both of its names',
      '?_until=2020-01-01T00:00:00Z&_till=2020-01-01T00:00:00Z',
      { headers: kickOffHeaders },
      '400 invalid',
    ],
    [
      'unknown associated data',
      '?includeAssociatedData=x',
      { headers: kickOffHeaders },
      '400 not-supported',
    ],
    [
      '_history with a _typeFilter',
      '?includeAssociatedData=_history&_typeFilter=Patient%3Factive=true',
      { headers: kickOffHeaders },
      '400 not-supported',
    ],
    [
      'organizeOutputBy',
      '?organizeOutputBy=Patient',
      { headers: kickOffHeaders },
      '400 not-supported',
    ],
    [
      'allowPartialManifests that is no boolean',
      '?allowPartialManifests=1',
      { headers: kickOffHeaders },
      '400 value',
    ],
    ['_container', '?_container=x', { headers: kickOffHeaders }, '400 not-supported'],
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
    ['?_typeFilter=Patient%3Fstatus=active&_elements=id,x', { headers: lenient }],
    [
      '?_typeFilter=Patient%3Fstatus=active&_typeFilter=Patient%3Fgender=male',
      { headers: lenient },
    ],
    ['?_typeFilter=Patient%3Fgender=male,Observation%3Fcode=x', { headers: kickOffHeaders }],
    ['?_elements=id,Patient.meta', { headers: kickOffHeaders }],
    ['?_until=2020-01-01T00:00:00%2B05:00', { headers: kickOffHeaders }],
    ['?_till=2057-01-01T00:00:00Z', { headers: kickOffHeaders }],
    [
      '?includeAssociatedData=LatestProvenanceResources,RelevantProvenanceResources',
      { headers: kickOffHeaders },
    ],
    [
      '?includeAssociatedData=LatestProvenanceResources&includeAssociatedData=_history',
      { headers: kickOffHeaders },
    ],
    ['?organizeOutputBy=Patient&allowPartialManifests=true&_container=x', { headers: lenient }],
    ['?allowPartialManifests=false', { headers: kickOffHeaders }],
    ['?_type=MissingType,Patient', { headers: lenient }],
    ['', { headers: { accept: '*/*', prefer: ['wait=5', 'Respond-Async'] } }],
    ['', post(parameters({ name: '_since', valueInstant: '2020-01-01T00:00:00Z' }))],
    [
      '',
      post(
        parameters(
          { name: '_until', valueInstant: '2020-01-01T00:00:00Z' },
          { name: '_typeFilter', valueString: 'Patient?gender=male,female' },
          { name: '_elements', valueString: 'id,Patient.meta' },
          { name: 'includeAssociatedData', valueCode: 'RelevantProvenanceResources' },
        ),
      ),
    ],
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
  ['/Group/described/$export', '400 not-supported'],
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
  ['/Patient/$export?_type=Binary', '400 not-supported'],
  ['/Group/g1/$export?_type=Patient,Bundle', '400 not-supported'],
  ['/Group/g1/$export?patient=outsider', '400 not-found'],
])('%s is answered %s', async (path, expected) => {
  expect(verdict(await ask(base + path, { headers: kickOffHeaders }))).toBe(expected);
});

/** What was stored of an accepted kick-off; the export is deleted. */
async function storedOf(path: string, question: Question): Promise<Record<string, unknown>> {
  const answer = await ask(base + path, question);
  expect(verdict(answer)).toBe('202');
  const location = answer.headers['content-location'] ?? '';
  const { rows } = await stack.database.pool.query<{ stored: Record<string, unknown> }>(
    'select kick_off as stored from sluice.exports where id = $1',
    [location.split('/').at(-1)],
  );
  await end(location);
  return rows[0]?.stored ?? {};
}

test('what selects resources is stored with the export, the same by GET and by POST', async () => {
  const expected = {
    baseUrl: base,
    types: ['Patient', 'Observation', 'Practitioner'],
    until: '2020-01-01T00:00:00.000000Z',
    typeFilters: { Observation: ['code=http%3A%2F%2Floinc.org%7C8867-4,x', 'status=final'] },
    elements: { '*': ['id'], Patient: ['name'] },
    associated: { provenance: 'relevant' },
  };
  const query = new URLSearchParams([
    ['_type', 'Patient,Observation,Practitioner'],
    ['_until', '2020-01-01T00:00:00Z'],
    ['_typeFilter', 'Observation?code=http%3A%2F%2Floinc.org%7C8867-4,x,Observation?status=final'],
    ['_elements', 'id,Patient.name'],
    ['includeAssociatedData', 'LatestProvenanceResources,RelevantProvenanceResources'],
  ]);
  const body = parameters(
    ...[...query].map(([name, value]) =>
      name === '_until' ? { name, valueInstant: value } : { name, valueString: value },
    ),
  );
  for (const level of ['/Patient/$export', '/Group/g1/$export']) {
    const byGet = await storedOf(`${level}?${query.toString()}`, { headers: kickOffHeaders });
    expect(byGet).toMatchObject(expected);
    expect(await storedOf(level, post(body))).toEqual({ ...byGet, request: base + level });
  }
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
    'select array_agg(patient order by patient) as patients from sluice.export_patients where export_id = $1',
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

test('a deployment may narrow what is accepted', async () => {
  const narrow = await stack.start({
    SUPPORTING_RESOURCES: 'off',
    PATIENT_PARAM_GET: 'off',
    TILL_SYSTEM_ONLY: 'true',
  });
  const till = '_till=2020-01-01T00:00:00Z';
  for (const [path, expected] of [
    ['/Patient/$export?_type=Practitioner', '400 not-supported'],
    ['/Patient/$export?patient=p1', '400 invalid'],
    [`/Group/g1/$export?${till}`, '400 not-supported'],
  ] as const) {
    expect(verdict(await ask(narrow + path, { headers: kickOffHeaders }))).toBe(expected);
  }
  await end(await begin(narrow, `/$export?${till}`));
});

test('an _until from before what history is kept is refused', async () => {
  const forgetful = await stack.start({ HISTORY_RETENTION: '2h' });
  const path = (hours: number, mode: string) =>
    `/$export?${mode}=${new Date(Date.now() - hours * 3_600_000).toISOString()}`;
  const ask400 = async (on: string, hours: number) => {
    const answer = await ask(on + path(hours, '_until'), { headers: lenient });
    expect(verdict(answer)).toBe('400 value');
    expect(outcomeOf(answer).issue[0]?.details.text).toMatch(
      /the earliest instant that can be answered/,
    );
  };
  await ask400(forgetful, 3);
  await end(await begin(forgetful, path(1, '_until')));
  await end(await begin(forgetful, path(3, '_since')));
  await end(await begin(base, path(3, '_until')));

  const { pool } = stack.database;
  await pool.query(`update sluice.history_kept_since set at = now() - interval '30 minutes'`);
  await ask400(forgetful, 1);
  await ask400(base, 1);
  await pool.query(`update sluice.history_kept_since set at = '-infinity'`);
  await end(await begin(base, path(1, '_until')));
});
