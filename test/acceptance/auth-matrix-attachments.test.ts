import { removeClient } from '@sluice/postgres';
import { registerClient, tokenOf } from '../support/smart-client.ts';
import {
  askAs,
  exportAs,
  kickOffAs,
  SmartDeployment,
  verdictOf,
} from '../support/smart-deployment.ts';
import { lineOf } from '../support/stored-model.ts';

/*
 * Who opens which attachment: clients with different scopes and limits, and Binaries that belong to nobody or, by their
 * securityContext, to a patient. Every one of them is in a DocumentReference of a patient that all of these clients may export.
 */

const at = '2026-01-01T00:00:00.000Z';
const binary = (id: string, context?: string): string =>
  lineOf(`Binary/${id}`, at, {
    contentType: 'text/plain',
    data: 'bm90ZQ==',
    ...(context === undefined ? {} : { securityContext: { reference: context } }),
  });
const encounter = (id: string, patient: string): string =>
  lineOf(`Encounter/${id}`, at, { status: 'finished', subject: { reference: patient } });
const ids = ['free', 'own', 'own-visit', 'foreign', 'foreign-visit', 'lost', 'elsewhere'] as const;
const data = [
  encounter('own', 'Patient/zebra-1'),
  encounter('foreign', 'Patient/zebra-2'),
  binary('free'),
  binary('own', 'Patient/zebra-1'),
  binary('own-visit', 'Encounter/own'),
  binary('foreign', 'Patient/zebra-2'),
  binary('foreign-visit', 'Encounter/foreign'),
  binary('lost', 'Encounter/nowhere'),
  binary('elsewhere', 'https://other.example/fhir/Patient/zebra-1'),
  lineOf('DocumentReference/all', at, {
    status: 'current',
    subject: { reference: 'Patient/zebra-1' },
    content: ids.map((id) => ({ attachment: { url: `Binary/${id}` } })),
  }),
];

const clients = {
  everything: {},
  documents: { scopes: 'system/DocumentReference.rs system/Patient.rs system/Group.rs' },
  binaries: { scopes: 'system/DocumentReference.rs system/Binary.r system/Group.rs' },
  filtered: { scopes: 'system/DocumentReference.rs system/Binary.rs?_id=own,foreign' },
  'of one patient': { patients: ['zebra-1'] },
  'of one Group': { groups: ['one'] },
  'documents of one patient': {
    patients: ['zebra-1'],
    scopes: 'system/DocumentReference.rs system/Patient.rs',
  },
} as const;
type Name = keyof typeof clients;

const opens: Readonly<Record<Name, readonly string[] | 'no URL'>> = {
  everything: ids,
  documents: 'no URL',
  binaries: ids,
  filtered: ['own', 'foreign'],
  'of one patient': ['free', 'own', 'own-visit'],
  'of one Group': ['free', 'own', 'own-visit'],
  'documents of one patient': 'no URL',
};

let smart: SmartDeployment;
let tokens: Record<Name, string>;

async function register(name: Name): Promise<string> {
  const client = await registerClient(smart.deployment, idOf(name), clients[name]);
  return await tokenOf(client, smart.base);
}

const idOf = (name: Name): string => name.replaceAll(' ', '-');
const names = Object.keys(clients) as Name[];

/** URLs of the attachments in a client's export, by the id of the Binary. */
async function urlsOf(name: Name): Promise<ReadonlyMap<string, string>> {
  const path = name === 'of one Group' ? '/Group/one/$export' : '/Patient/$export';
  const { manifest } = await exportAs(tokens[name], smart.base, `${path}?_type=DocumentReference`);
  let line = '';
  for (const { url } of manifest.output) {
    const text = await (await askAs(tokens[name], url)).text();
    line = text.split('\n').find((each) => each.includes('"id":"all"')) ?? line;
  }
  const { content } = JSON.parse(line) as { content: { attachment: { url: string } }[] };
  return new Map(ids.map((id, n) => [id, content[n]?.attachment.url ?? '']));
}

describe.each(['token', 'signed'] as const)('FILE_ACCESS=%s', (access) => {
  beforeAll(async () => {
    smart = await SmartDeployment.create({ FILE_ACCESS: access }, data);
    const made = names.map(async (name) => [name, await register(name)] as const);
    tokens = Object.fromEntries(await Promise.all(made)) as typeof tokens;
  });
  afterAll(() => smart.drop());

  test.each(names)('a client for %s opens what it may read', async (name) => {
    const urls = await urlsOf(name);
    const expected = opens[name];
    if (expected === 'no URL') {
      expect([...urls.values()]).toEqual(ids.map((id) => `Binary/${id}`));
      return;
    }
    for (const [id, url] of urls) {
      expect(url).toContain(`/$export-attachment/`);
      const verdict = await verdictOf(await askAs(tokens[name], url));
      expect([id, verdict]).toEqual([id, expected.includes(id) ? '200' : '404 not-found']);
    }
  });

  test('whoever may not read every Binary opens none without a token, and nobody with that of another', async () => {
    const url = (await urlsOf('of one patient')).get('own') ?? '';
    expect(await verdictOf(await askAs(undefined, url))).toBe('401 login');
    expect(await verdictOf(await askAs(tokens.everything, url))).toBe('404 not-found');
    expect(await verdictOf(await askAs(tokens['of one patient'], url))).toBe('200');
  });

  test('an attachment needs the signature that is its own', async () => {
    const url = (await urlsOf('everything')).get('own') ?? '';
    const verdict = async (address: string): Promise<string> =>
      await verdictOf(await askAs(tokens.everything, address));
    expect(await verdict(url)).toBe('200');
    expect(await verdict(url.replace(/\?.*/, ''))).toBe('403 forbidden');
    expect(await verdict(url.replace('/own?', '/free?'))).toBe('403 forbidden');
  });

  test.each([
    ['everything', ids],
    ['binaries', ids],
    ['filtered', ['own', 'foreign']],
    ['of one patient', ['free', 'own', 'own-visit']],
    ['of one Group', ['free', 'own', 'own-visit']],
  ] as const)('a client for %s reads the same Binaries by their ids', async (name, expected) => {
    for (const id of ids) {
      const verdict = await verdictOf(await askAs(tokens[name], `${smart.base}/Binary/${id}`));
      expect([id, verdict]).toEqual([
        id,
        expected.some((one) => one === id) ? '200' : '404 not-found',
      ]);
    }
  });

  test('a client for documents alone may not read Binaries at all', async () => {
    const answer = await askAs(tokens.documents, `${smart.base}/Binary/free`);
    expect(await verdictOf(answer)).toBe('403 forbidden');
    expect((await kickOffAs(tokens.documents, smart.base, '/$export?_type=Binary')).status).toBe(
      403,
    );
  });

  if (access === 'token') return;
  test('a signed attachment opens by itself for as long as its client is registered for that much', async () => {
    const name = 'everything';
    const url = (await urlsOf(name)).get('foreign') ?? '';
    const verdict = async (): Promise<string> => await verdictOf(await fetch(url));
    const change = async (set: string): Promise<void> => {
      await smart.deployment.query(`update sluice.clients set ${set} where id = '${name}'`);
    };
    expect(await verdict()).toBe('200');
    await change(`patients = '{zebra-1}'`);
    expect(await verdict()).toBe('404 not-found');
    await change(`patients = null, disabled = true`);
    expect(await verdict()).toBe('404 not-found');
    await change(`disabled = false, scopes = '{system/DocumentReference.rs}'`);
    expect(await verdict()).toBe('404 not-found');
    await change(`scopes = '{system/*.rs}'`);
    expect(await verdict()).toBe('200');
    await removeClient(smart.deployment.database.pool, name);
    await register(name);
    expect(await verdict()).toBe('404 not-found');
  });
});
