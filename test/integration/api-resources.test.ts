import {
  ApiStack,
  ask,
  outcomeOf,
  verdict,
  type Question,
  type TestResource,
} from './api-client.ts';

let stack: ApiStack;
let base: string;

beforeAll(async () => {
  stack = await ApiStack.create();
  base = await stack.start();
});
afterAll(() => stack.drop());

async function storedBody(type: string, id: string): Promise<string> {
  const { rows } = await stack.database.pool.query<{ body: string }>(
    'select body from sluice.current_resources where type = $1 and id = $2',
    [type, id],
  );
  return rows[0]?.body ?? '';
}

describe('reading a resource', () => {
  const patient = { resourceType: 'Patient', id: 'read-1', name: [{ family: 'Müller' }] };
  beforeAll(() => stack.store(patient));

  test('the present version is answered, byte for byte', async () => {
    const answer = await ask(`${base}/Patient/read-1`);
    expect(answer.text).toBe(await storedBody('Patient', 'read-1'));
    expect(answer.headers).toMatchObject({
      'content-type': 'application/fhir+json',
      'content-length': String(answer.body.length),
      etag: 'W/"1"',
    });
    const { lastUpdated } = (JSON.parse(answer.text) as { meta: { lastUpdated: string } }).meta;
    const modified = Date.parse(answer.headers['last-modified'] ?? '');
    expect(modified).toBe(Math.floor(Date.parse(lastUpdated) / 1000) * 1000);
  });

  test('HEAD has the headers of GET', async () => {
    const [get, head] = await Promise.all(
      ['GET', 'HEAD'].map((method) => ask(`${base}/Patient/read-1`, { method })),
    );
    expect(head?.body).toHaveLength(0);
    for (const name of ['etag', 'last-modified', 'content-type', 'content-length']) {
      expect(head?.headers[name]).toBe(get?.headers[name]);
    }
  });

  test('a client that has the version already is told so, until there is a newer one', async () => {
    const condition: Question = { headers: { 'if-none-match': 'W/"1"' } };
    await stack.store({ ...patient, id: 'read-2' });
    const known = await ask(`${base}/Patient/read-2`, condition);
    expect([known.status, known.body.length]).toEqual([304, 0]);
    await stack.store({ ...patient, id: 'read-2', name: [] });
    const newer = await ask(`${base}/Patient/read-2`, condition);
    expect([newer.status, newer.headers.etag]).toEqual([200, 'W/"2"']);
  });

  test('what is deleted is gone', async () => {
    await stack.store({ ...patient, id: 'read-3' });
    await stack.remove('Patient', 'read-3');
    expect(verdict(await ask(`${base}/Patient/read-3`))).toBe('410 deleted');
  });

  test.each([
    '/Patient/unknown',
    '/Observation/read-1',
    '/VisionPrescription/1',
    '/Nonsense/read-1',
    '/patient/read-1',
    '/Parameters/1',
    '/Patient/a_b',
    '/Patient/a%2Fb',
    "/Patient/'%20or%20''='",
    `/Patient/${'a'.repeat(65)}`,
    '/Patient/read-1/_history',
    '/Patient/read-1/_history/1',
    '/Patient/read-1/$everything',
    '/Patient/$everything',
    '/Patient/_search',
    '/Patient',
  ])('%s is answered 404', async (path) => {
    expect(verdict(await ask(base + path))).toBe('404 not-found');
  });

  test.each(['PUT', 'DELETE', 'PATCH', 'POST'])('%s is answered 405', async (method) => {
    const answer = await ask(`${base}/Patient/read-1`, { method });
    expect([verdict(answer), answer.headers.allow]).toEqual(['405 not-supported', 'GET, HEAD']);
    expect(verdict(await ask(`${base}/Nonsense/1`, { method }))).toBe('404 not-found');
  });

  test('a resource is to be had as JSON only', async () => {
    const headers = { accept: 'application/fhir+xml' };
    expect(verdict(await ask(`${base}/Patient/read-1`, { headers }))).toBe('406 not-supported');
    expect(verdict(await ask(`${base}/Patient/read-1?_format=xml`))).toBe('406 not-supported');
    expect((await ask(`${base}/Patient/read-1?_format=json`, { headers })).status).toBe(200);
  });
});

describe('reading a Binary', () => {
  const bytes = Buffer.from([0x25, 0x50, 0x44, 0x46, 0, 255]);
  const binary = { resourceType: 'Binary', contentType: 'application/pdf' };
  beforeAll(() =>
    stack.store(
      { ...binary, id: 'pdf', data: bytes.toString('base64') },
      { ...binary, id: 'page', contentType: 'text/html', data: 'PGI+' },
    ),
  );

  test.each([undefined, '*/*', 'application/pdf', 'image/png', 'text/html, */*;q=0.1'])(
    'with Accept %p it is answered as what it holds',
    async (accept) => {
      const answer = await ask(`${base}/Binary/pdf`, accept ? { headers: { accept } } : {});
      expect(answer.body.equals(bytes)).toBe(true);
      expect(answer.headers).toMatchObject({
        'content-type': 'application/pdf',
        'content-length': '6',
        'x-content-type-options': 'nosniff',
        vary: 'Accept',
        etag: 'W/"1"',
      });
      expect(answer.headers).not.toHaveProperty('content-disposition');
    },
  );

  test.each(['application/fhir+json', 'application/json+fhir', 'application/json'])(
    'with Accept %s it is answered as a resource',
    async (accept) => {
      const answer = await ask(`${base}/Binary/pdf`, { headers: { accept } });
      expect(answer.headers['content-type']).toBe('application/fhir+json');
      expect(answer.text).toBe(await storedBody('Binary', 'pdf'));
    },
  );

  test('a page that could run script is sent for saving', async () => {
    const { headers, text } = await ask(`${base}/Binary/page`);
    expect(text).toBe('<b>');
    expect(headers).toMatchObject({
      'content-type': 'text/html',
      'content-disposition': 'attachment',
      'content-security-policy': "default-src 'none'",
    });
  });
});

interface Bundle {
  readonly resourceType: string;
  readonly type: string;
  readonly link: readonly { readonly relation: string; readonly url: string }[];
  readonly entry?: readonly {
    readonly fullUrl: string;
    readonly resource: { readonly resourceType: string; readonly id: string };
    readonly search: { readonly mode: string };
  }[];
}

async function search(query: string, question: Question = {}): Promise<Bundle> {
  return await bundleAt(`${base}/Group${query}`, question);
}

async function bundleAt(url: string, question: Question = {}): Promise<Bundle> {
  const answer = await ask(url, question);
  expect([answer.status, answer.headers['content-type']]).toEqual([200, 'application/fhir+json']);
  const bundle = JSON.parse(answer.text) as Bundle;
  expect([bundle.resourceType, bundle.type]).toEqual(['Bundle', 'searchset']);
  return bundle;
}

const idsOf = ({ entry = [] }: Bundle): string[] => entry.map(({ resource }) => resource.id);
const linkOf = ({ link }: Bundle, wanted: string): string | undefined =>
  link.find(({ relation }) => relation === wanted)?.url;

/** The ids of every page, by the links. */
async function allPages(
  url: string,
  between: () => Promise<void> = async () => {},
): Promise<string[][]> {
  const pages: string[][] = [];
  for (let next: string | undefined = url; next !== undefined;) {
    const bundle: Bundle = await bundleAt(next);
    pages.push(idsOf(bundle));
    next = linkOf(bundle, 'next');
    await between();
  }
  return pages;
}

describe('searching Groups', () => {
  const group = (id: string, more: object = {}): TestResource => ({
    resourceType: 'Group',
    id,
    type: 'person',
    actual: true,
    ...more,
  });
  const named = [
    group('dia', {
      name: 'Diabetics of Zürich',
      identifier: [{ system: 'urn:a', value: '1' }],
      member: [{ entity: { reference: 'Patient/1' } }],
    }),
    group('asthma', { name: 'asthma, severe', identifier: [{ system: 'urn:a', value: '2' }] }),
    group('both', { name: 'Asthma and diabetics', identifier: [{ system: 'urn:b', value: '1' }] }),
    group('quoted', { name: 'called "Best" \\ of', identifier: [{ value: 'a|b' }] }),
    group('plain'),
  ];
  const everyId = ['asthma', 'both', 'dia', 'plain', 'quoted'];

  beforeAll(async () => {
    await stack.store(...named, group('gone', { name: 'Diabetics who left' }));
    await stack.remove('Group', 'gone');
  });

  test('a page tells what was found, where it is, and by which search', async () => {
    const bundle = await search('?_id=dia');
    expect(bundle.entry).toEqual([
      {
        fullUrl: `${base}/Group/dia`,
        resource: JSON.parse(await storedBody('Group', 'dia')) as object,
        search: { mode: 'match' },
      },
    ]);
    expect(bundle.link).toEqual([{ relation: 'self', url: `${base}/Group?_id=dia` }]);
  });

  test.each(['_summary=true', '_elements=identifier'])(
    '%s gives what identifies a Group without its members, and says that it did',
    async (shape) => {
      const bundle = await search(`?_id=dia&${shape}`);
      const [entry] = bundle.entry ?? [];
      const found = entry?.resource as Record<string, unknown> | undefined;
      expect(found).toMatchObject({ id: 'dia', meta: { tag: [{ code: 'SUBSETTED' }] } });
      expect(found).toHaveProperty('identifier');
      expect(found).not.toHaveProperty('member');
      expect(bundle.link).toEqual([{ relation: 'self', url: `${base}/Group?_id=dia&${shape}` }]);
    },
  );

  test('without parameters every Group that is there is found', async () => {
    for (const query of ['', '?', '/', '?_format=json&_pretty=true']) {
      expect(idsOf(await search(query)).sort()).toEqual(everyId);
    }
  });

  test('a page of nothing has no entries', async () => {
    expect(await search('?_id=unknown')).toEqual({
      resourceType: 'Bundle',
      type: 'searchset',
      link: [{ relation: 'self', url: `${base}/Group?_id=unknown` }],
    });
  });

  test.each([
    ['_id=dia,both,unknown', ['both', 'dia']],
    ['_id=dia&_id=both', []],
    ['_id=gone', []],
    ['identifier=1', ['both', 'dia']],
    ['identifier=urn:a%7C1', ['dia']],
    ['identifier=urn:a|', ['asthma', 'dia']],
    ['identifier=|a\\|b', ['quoted']],
    ['identifier=1,2', ['asthma', 'both', 'dia']],
    ['identifier:missing=true', ['plain']],
    ['name=asthma', ['asthma', 'both']],
    ['name=ASTHMA', ['asthma', 'both']],
    ['name=diabetics%20of%20zurich', ['dia']],
    ['name=diabetics+of', ['dia']],
    ['name=asthma\\,%20severe', ['asthma']],
    ['name=severe', []],
    ['name:contains=zur', ['dia']],
    ['name:contains=DIABETICS', ['both', 'dia']],
    ['name:exact=asthma\\,%20severe', ['asthma']],
    ['name:exact=Asthma\\,%20severe', []],
    ['name:exact=called%20%22Best%22%20\\\\%20of', ['quoted']],
    ['name:missing=true', ['plain']],
    ['name=asthma&identifier=1', ['both']],
    ['name:contains=diabetics&name:contains=asthma', ['both']],
  ])('%s finds %j', async (query, expected) => {
    expect(idsOf(await search(`?${query}`)).sort()).toEqual(expected);
  });

  test('POST takes a form, and its links can be followed by GET', async () => {
    const question: Question = {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
      body: 'name%3Acontains=diabetics&_count=1',
    };
    const first = await bundleAt(`${base}/Group/_search?identifier=1`, question);
    expect(linkOf(first, 'self')).toBe(
      `${base}/Group?identifier=1&name%3Acontains=diabetics&_count=1`,
    );
    const pages = await allPages(linkOf(first, 'next') ?? '');
    expect([idsOf(first), ...pages].flat().sort()).toEqual(['both', 'dia']);
  });

  test('a form that is none, and a search by the wrong method, are refused', async () => {
    const json: Question = {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    };
    expect(verdict(await ask(`${base}/Group/_search`, json))).toBe('415 not-supported');
    const created = await ask(`${base}/Group`, json);
    expect([verdict(created), created.headers.allow]).toEqual(['405 not-supported', 'GET, HEAD']);
    const got = await ask(`${base}/Group/_search?name=a`);
    expect([verdict(got), got.headers.allow]).toEqual(['405 not-supported', 'POST']);
  });

  test('unknown parameters are refused, and ignored when handling is lenient', async () => {
    const query = '?_id=dia&member=Patient/1&_sort=name';
    const refused = await ask(`${base}/Group${query}`);
    expect(verdict(refused)).toBe('400 not-supported');
    expect(outcomeOf(refused).issue.map(({ expression }) => expression)).toEqual([
      ['member'],
      ['_sort'],
    ]);
    expect(outcomeOf(refused).issue[0]?.details.text).toMatch(/accepted: _id, identifier, name/);
    const lenient = { headers: { prefer: 'handling=lenient' } };
    const answer = await ask(`${base}/Group${query}`, lenient);
    expect(answer.headers['preference-applied']).toBe('handling=lenient');
    const bundle = JSON.parse(answer.text) as Bundle;
    expect([idsOf(bundle), linkOf(bundle, 'self')]).toEqual([['dia'], `${base}/Group?_id=dia`]);
  });

  test.each([
    ['_count=0', '400 value'],
    ['_page=nonsense!', '400 value'],
    ['name:sounds=a', '400 not-supported'],
    ['name=', '400 invalid'],
    ['identifier=%00', '400 invalid'],
    [`_id=${'a'.repeat(20_000)}`, '400 too-long'],
    ['_format=xml', '406 not-supported'],
  ])('%s is answered %s, lenient or not', async (query, expected) => {
    const lenient = { headers: { prefer: 'handling=lenient' } };
    expect(verdict(await ask(`${base}/Group?${query}`))).toBe(expected);
    expect(verdict(await ask(`${base}/Group?${query}`, lenient))).toBe(expected);
  });

  test('HEAD has no body', async () => {
    const answer = await ask(`${base}/Group?name=asthma`, { method: 'HEAD' });
    expect([answer.status, answer.body.length]).toEqual([200, 0]);
  });
});

describe('pages of Groups', () => {
  const many = 1300;
  const group = (n: number, name = 'Cohort'): TestResource => ({
    resourceType: 'Group',
    id: `page-${String(n).padStart(4, '0')}`,
    type: 'person',
    actual: true,
    name: `${name} ${n}`,
    identifier: [{ system: 'urn:pages', value: String(n % 10) }],
  });
  const expected = Array.from({ length: many }, (_, n) => `page-${String(n).padStart(4, '0')}`);
  beforeAll(() => stack.store(...Array.from({ length: many }, (_, n) => group(n))));

  test.each([undefined, 1, 3, 100])(
    'of %p entries hold every Group once',
    async (count) => {
      const wanted = count === 1 ? expected.slice(0, 12) : expected;
      const ids = count === 1 ? `&_id=${wanted.join(',')}` : '';
      const size = count === undefined ? '' : `&_count=${count}`;
      const pages = await allPages(`${base}/Group?identifier=urn:pages|${ids}${size}`);
      expect(pages.flat()).toEqual(wanted);
      expect(pages.every((page) => page.length <= (count ?? 20) && page.length > 0)).toBe(true);
      expect(pages).toHaveLength(Math.ceil(wanted.length / (count ?? 20)));
    },
    60_000,
  );

  test('a page that holds the last match has no next link, wherever the others are', async () => {
    const bundle = await search('?identifier=urn:pages|7&_count=100&name:contains=297');
    expect([idsOf(bundle), linkOf(bundle, 'next')]).toEqual([
      ['page-0297', 'page-1297'],
      undefined,
    ]);
  });

  test('no Group comes twice or is lost while others are written', async () => {
    let n = 0;
    const write = async (): Promise<void> => {
      n++;
      // Before and behind the page that was just read, new and changed.
      await stack.store(
        { ...group(n), id: `page-${String(n * 40).padStart(4, '0')}-new` },
        group(n, 'Cohort, changed'),
        group(many - n, 'Cohort, changed'),
      );
    };
    const pages = await allPages(`${base}/Group?name:contains=cohort&_count=50`, write);
    const ids = pages.flat();
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.filter((id) => !id.endsWith('-new'))).toEqual(expected);
    expect(n).toBeGreaterThan(20);
  }, 60_000);
});

describe('a search that finds little', () => {
  test('looks at so many Groups, gives what it has, and goes on with the next page', async () => {
    const big = 'x'.repeat(5 * 2 ** 20);
    const groups = Array.from({ length: 23 }, (_, n) => ({
      resourceType: 'Group',
      id: `zz-${n + 10}`,
      type: 'person',
      actual: true,
      name: n % 22 === 0 ? 'Needle' : 'Hay',
      text: { status: 'generated', div: `<div>${big}</div>` },
    }));
    for (const group of groups) await stack.store(group);
    const from = Buffer.from('zz').toString('base64url');
    const pages = await allPages(`${base}/Group?name:contains=needle&_page=${from}`);
    expect(pages.flat()).toEqual(['zz-10', 'zz-32']);
    expect(pages.length).toBeGreaterThan(1);
  }, 120_000);
});
