import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { load } from '@sluice/loader';
import { registerClient, tokenOf } from '../support/smart-client.ts';
import {
  askAs,
  exportAs,
  keysIn,
  kickOffAs,
  SmartDeployment,
  verdictOf,
} from '../support/smart-deployment.ts';
import { lineOf } from '../support/stored-model.ts';
import { tempFolder } from '../support/temp-folder.ts';

/*
 * A client limited to Groups gets the data of their members and nothing else, at every level and route, whatever else it asks
 * for. Beside the data of every deployment of this kind: visits and notes of all three patients, and who made them.
 */

const at = '2026-01-01T00:00:00.000Z';
const patients = ['zebra-1', 'zebra-2', 'zebra-3'];
const about = (patient: string): object => ({ subject: { reference: `Patient/${patient}` } });
const group = (id: string, members: readonly string[], more: object = {}): string =>
  lineOf(`Group/${id}`, at, {
    type: 'person',
    actual: true,
    member: members.map((reference) => ({ entity: { reference }, ...more })),
  });
const data = [
  ...patients.flatMap((patient) => [
    lineOf(`Practitioner/of-${patient.slice(-1)}`, at),
    lineOf(`Procedure/of-${patient.slice(-1)}`, at, {
      ...about(patient),
      status: 'completed',
      performer: [{ actor: { reference: `Practitioner/of-${patient.slice(-1)}` } }],
    }),
    lineOf(`Provenance/of-${patient.slice(-1)}`, at, {
      target: [{ reference: `Procedure/of-${patient.slice(-1)}` }],
      recorded: at,
    }),
    lineOf(`Binary/of-${patient.slice(-1)}`, at, {
      contentType: 'text/plain',
      data: 'bm90ZQ==',
      securityContext: { reference: `Patient/${patient}` },
    }),
    lineOf(`DocumentReference/of-${patient.slice(-1)}`, at, {
      ...about(patient),
      status: 'current',
      content: [{ attachment: { url: `Binary/of-${patient.slice(-1)}` } }],
    }),
  ]),
  lineOf('Organization/alone', at),
  ...['only-3', 'unused'].map((id) =>
    lineOf(`Binary/${id}`, at, { contentType: 'text/plain', data: 'bm90ZQ==' }),
  ),
  lineOf('Media/of-3', at, {
    ...about('zebra-3'),
    status: 'completed',
    content: { url: '/Binary/only-3' },
  }),
  group('nested', ['Group/one']),
  group('left', ['Patient/zebra-3'], { inactive: true }),
  group('changing', ['Patient/zebra-1']),
  group('three', ['Patient/zebra-3']),
];

/** Of each patient what lies in the compartment, as the data above and that of every such deployment has it. */
const compartments: Readonly<Record<string, readonly string[]>> = {
  'zebra-1': [
    'DocumentReference/doc-1',
    'Encounter/enc-1',
    'Observation/lab-1',
    'Observation/vital-1',
  ],
  'zebra-2': ['Observation/lab-2'],
  'zebra-3': ['Media/of-3'],
};

/** What an export of some patients holds: their compartments, what is told of that, and what it refers to outside. */
function dataOf(members: readonly string[], types?: readonly string[]): string[] {
  return members
    .flatMap((patient) => [
      `Patient/${patient}`,
      ...(compartments[patient] ?? []),
      ...['Practitioner', 'Procedure', 'Provenance', 'DocumentReference'].map(
        (type) => `${type}/of-${patient.slice(-1)}`,
      ),
    ])
    .filter((key) => types?.some((type) => key.startsWith(`${type}/`)) ?? true)
    .sort();
}

const clients = {
  one: { groups: ['one'] },
  both: { groups: ['both'] },
  nested: { groups: ['nested'] },
  several: { groups: ['one', 'three', 'left', 'absent'] },
  emptied: { groups: ['left'] },
  absent: { groups: ['absent'] },
  'both limits': { groups: ['both'], patients: ['zebra-2', 'zebra-3'] },
  changing: { groups: ['changing'] },
  narrowed: {},
} as const;
type Name = keyof typeof clients;

const membersOf: readonly [Name, string, readonly string[]][] = [
  ['one', 'one', ['zebra-1']],
  ['both', 'both', ['zebra-1', 'zebra-2']],
  ['nested', 'nested', ['zebra-1']],
  ['several', '', ['zebra-1', 'zebra-3']],
  ['emptied', 'left', []],
  ['absent', '', []],
  ['both limits', 'both', ['zebra-2']],
];

let smart: SmartDeployment;
let tokens: Record<Name, string>;

beforeAll(async () => {
  smart = await SmartDeployment.create({}, data);
  const made = Object.entries(clients).map(async ([name, limits]) => {
    const client = await registerClient(smart.deployment, name.replace(' ', '-'), limits);
    return [name, await tokenOf(client, smart.base)] as const;
  });
  tokens = Object.fromEntries(await Promise.all(made)) as typeof tokens;
});
afterAll(() => smart.drop());

async function store(...lines: readonly string[]): Promise<void> {
  const path = join(await tempFolder('more'), 'more.ndjson');
  await writeFile(path, `${lines.join('\n')}\n`);
  const { pool } = smart.deployment.database;
  const onProblem = (problem: unknown): never => {
    throw new Error(JSON.stringify(problem));
  };
  await load({ pool, paths: [path], stamp: true, onProblem });
}

async function exported(name: Name, path: string, prefer?: string): Promise<string[]> {
  const { manifest } = await exportAs(tokens[name], smart.base, path, prefer);
  return await keysIn(tokens[name], manifest);
}

const verdict = async (name: Name, path: string, prefer?: string): Promise<string> =>
  await verdictOf(await kickOffAs(tokens[name], smart.base, path, prefer));
const read = async (name: Name, path: string): Promise<string> =>
  await verdictOf(await askAs(tokens[name], smart.base + path));

describe.each(membersOf)('a client limited to Groups (%s)', (name, groupId, members) => {
  const levels = [
    '/$export',
    '/Patient/$export',
    ...(groupId ? [`/Group/${groupId}/$export`] : []),
  ];

  test.each(levels)('%s gives the data of the members', async (level) => {
    const all = dataOf(members);
    const found = await Promise.all([
      exported(name, level),
      exported(name, `${level}?_since=2025-12-31T00:00:00Z`),
      exported(name, `${level}?_since=2026-01-02T00:00:00Z`),
      exported(name, `${level}?_type=Procedure,Practitioner`),
      exported(name, `${level}?_type=Organization`),
      exported(name, `${level}?_typeFilter=Observation%3Fcategory=laboratory&_type=Observation`),
      exported(name, `${level}?includeAssociatedData=LatestProvenanceResources`),
    ]);
    expect(found[0]).toEqual(all);
    expect(found[1]).toEqual(all);
    expect(found[2]).toEqual([]);
    expect(found[3]).toEqual(dataOf(members, ['Procedure', 'Practitioner']));
    expect(found[4]).toEqual([]);
    expect(found[5]).toEqual(
      dataOf(members, ['Observation']).filter((key) => key.includes('lab-')),
    );
    expect(found[6]).toEqual(all);
  });

  test('patients can be named that are members, and nothing is said of others', async () => {
    for (const patient of [...patients, 'nobody']) {
      const path = `/Patient/$export?patient=${patient}`;
      if (members.includes(patient)) expect(await exported(name, path)).toEqual(dataOf([patient]));
      else expect(await verdict(name, path)).toBe('403 forbidden');
    }
  });

  test('reads give the data of the members and what is of no patient', async () => {
    for (const patient of patients) {
      const expected = members.includes(patient) ? '200' : '404 not-found';
      const keys = dataOf([patient]).filter((key) => !/^(Practitioner|Provenance)/.test(key));
      for (const key of [...keys, `Binary/of-${patient.slice(-1)}`]) {
        expect([key, await read(name, `/${key}`)]).toEqual([key, expected]);
      }
    }
    expect(await read(name, '/Organization/alone')).toBe('200');
    // A Binary without a securityContext is part of what it is attached to.
    const isOf = (patient: string): string => (members.includes(patient) ? '200' : '404 not-found');
    expect(await read(name, '/Binary/note-1')).toBe(isOf('zebra-1'));
    expect(await read(name, '/Binary/only-3')).toBe(isOf('zebra-3'));
    expect(await read(name, '/Binary/unused')).toBe('404 not-found');
  });

  test('of Groups it knows its own', async () => {
    const permitted: readonly string[] = clients[name as 'one'].groups;
    for (const id of ['one', 'both', 'nested', 'left', 'three', 'absent']) {
      const isThere = permitted.includes(id) && id !== 'absent';
      expect([id, await read(name, `/Group/${id}`)]).toEqual([
        id,
        isThere ? '200' : '404 not-found',
      ]);
      if (!isThere) {
        const expected = permitted.includes(id) ? '404 not-found' : '403 forbidden';
        expect([id, await verdict(name, `/Group/${id}/$export`)]).toEqual([id, expected]);
      }
    }
    const { entry = [] } = (await (await askAs(tokens[name], `${smart.base}/Group`)).json()) as {
      entry?: { resource: { id: string } }[];
    };
    const found = entry.map(({ resource }) => resource.id);
    expect(found).toEqual(permitted.filter((id) => id !== 'absent').sort());
  });
});

test('Groups come when _type asks for them, and only its own', async () => {
  const groups = async (name: Name): Promise<string[]> =>
    await exported(name, '/$export?_type=Group');
  expect(await groups('one')).toEqual(['Group/one']);
  expect(await groups('both')).toEqual(['Group/both']);
  expect(await groups('both limits')).toEqual(['Group/both']);
  expect(await groups('emptied')).toEqual([]);
});

test('types of no patient are refused at every level, and skipped with a notice when the client is lenient', async () => {
  expect(await verdict('one', '/$export?_type=Patient,Bundle')).toBe('400 not-supported');
  const lenient = 'respond-async, handling=lenient';
  expect(await exported('one', '/$export?_type=Patient,Bundle', lenient)).toEqual([
    'Patient/zebra-1',
  ]);
});

test('a lenient request goes on without patients who are no members', async () => {
  const path = '/Patient/$export?patient=zebra-1,zebra-3,nobody';
  expect(await verdict('one', path)).toBe('403 forbidden');
  expect(await exported('one', path, 'respond-async, handling=lenient')).toEqual(
    dataOf(['zebra-1']),
  );
  const none = '/Patient/$export?patient=zebra-3';
  expect(await verdict('one', none, 'respond-async, handling=lenient')).toBe('403 forbidden');
});

test('an attachment opens for whoever may have its patient’s data', async () => {
  const { manifest } = await exportAs(tokens.both, smart.base, '/$export?_type=DocumentReference');
  const text = await (await askAs(tokens.both, manifest.output[0]?.url ?? '')).text();
  const urls = text
    .split('\n')
    .filter((line) => line.includes('"id":"of-'))
    .map((line) => JSON.parse(line) as { content: { attachment: { url: string } }[] })
    .map(({ content }) => content[0]?.attachment.url ?? '');
  expect(urls).toHaveLength(2);
  for (const url of urls) expect(await verdictOf(await askAs(tokens.both, url))).toBe('200');
});

test('an export holds who is a member at its transactionTime, a read who is one then', async () => {
  const name = 'changing';
  const first = await exportAs(tokens[name], smart.base);
  expect(await keysIn(tokens[name], first.manifest)).toEqual(dataOf(['zebra-1']));
  const { transactionTime } = first.manifest;
  expect(await read(name, '/Patient/zebra-2')).toBe('404 not-found');
  await store(group('changing', ['Patient/zebra-2', 'Patient/zebra-3']));
  expect(await read(name, '/Patient/zebra-1')).toBe('404 not-found');
  expect(await read(name, '/Patient/zebra-2')).toBe('200');
  const both = dataOf(['zebra-2', 'zebra-3']);
  for (const level of ['/$export', '/Patient/$export', '/Group/changing/$export']) {
    expect(await exported(name, level)).toEqual(both);
    // As for an export of the Group: who has joined is exported in full, or not (GROUP_SINCE).
    expect(await exported(name, `${level}?_since=${transactionTime}`)).toEqual(
      await exported(name, `/Group/changing/$export?_since=${transactionTime}`),
    );
  }
  // What was exported stays as it was.
  expect(await keysIn(tokens[name], first.manifest)).toEqual(dataOf(['zebra-1']));
  await store(lineOf('Group/changing', at, { type: 'person', actual: true }));
  expect(await exported(name, '/$export')).toEqual([]);
  expect(await exported(name, '/Patient/$export')).toEqual([]);
  expect(await read(name, '/Patient/zebra-2')).toBe('404 not-found');
});

test('exports from before a client was limited are closed, whatever files and levels', async () => {
  const name = 'narrowed';
  const made = [
    await exportAs(tokens[name], smart.base, '/$export?_type=Patient'),
    await exportAs(tokens[name], smart.base, '/Patient/$export?_type=Patient'),
    await exportAs(tokens[name], smart.base, '/Group/both/$export?_type=Patient'),
    await exportAs(tokens[name], smart.base, '/Patient/$export?_type=Patient&patient=zebra-1'),
  ];
  const limit = async (set: string): Promise<void> => {
    await smart.deployment.query(`update sluice.clients set ${set} where id = 'narrowed'`);
  };
  const open = async (): Promise<string[]> => {
    const urls = made.flatMap(({ statusUrl, manifest }) => [
      statusUrl,
      manifest.output[0]?.url ?? '',
    ]);
    const answers = urls.map(async (url) => (await askAs(tokens[name], url)).status.toString());
    return await Promise.all(answers);
  };
  const [yes, no] = [
    ['200', '200'],
    ['403', '403'],
  ];
  expect(await open()).toEqual([yes, yes, yes, yes].flat());
  await limit(`groups = '{one}'`);
  expect(await open()).toEqual([no, no, no, no].flat());
  await limit(`groups = '{both}'`);
  expect(await open()).toEqual([no, no, yes, no].flat());
  made.push(await exportAs(tokens[name], smart.base, '/$export?_type=Patient'));
  await limit(`groups = '{both,one}'`);
  expect(await open()).toEqual([no, no, yes, no, yes].flat());
  await limit(`groups = '{one}'`);
  expect(await open()).toEqual([no, no, no, no, no].flat());
  await limit(`groups = '{}'`);
  expect(await open()).toEqual([no, no, no, no, no].flat());
  expect(await verdict(name, '/$export')).toBe('403 forbidden');
  expect(await verdict(name, '/Patient/$export')).toBe('403 forbidden');
  expect(await read(name, '/Patient/zebra-1')).toBe('404 not-found');
  await limit(`groups = null`);
  expect(await open()).toEqual([yes, yes, yes, yes, yes].flat());
});
