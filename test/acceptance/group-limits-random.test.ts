import { randomInt } from 'node:crypto';
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
} from '../support/smart-deployment.ts';
import { lineOf } from '../support/stored-model.ts';
import { tempFolder } from '../support/temp-folder.ts';

/*
 * Groups at random, nested in circles, with members that are inactive or not there, and clients limited to some of them: whatever
 * they are, every level holds what the members' data is by the rule written down here, before and after the Groups change.
 */

const at = '2026-01-01T00:00:00.000Z';
const patients = Array.from({ length: 10 }, (_, n) => `zebra-${10 + n}`);
const groups = Array.from({ length: 6 }, (_, n) => `random-${n}`);
const rounds = 2;
const limitsEach = 6;

/** An Observation: of whom it is, by whom, and by which Practitioner; it is in the compartments of both patients. */
interface Observed {
  readonly id: string;
  readonly of: readonly string[];
  readonly practitioner: string;
}

const observations = Array.from({ length: 20 }, (_, n): Observed => {
  const [subject = '', other = ''] = [oneOf(patients), oneOf(patients)];
  const isShared = randomInt(3) === 0;
  return {
    id: `random-${n}`,
    of: isShared ? [subject, other] : [subject],
    practitioner: `random-${randomInt(8)}`,
  };
});

const data = [
  ...patients.map((id) => lineOf(`Patient/${id}`, at)),
  ...Array.from({ length: 8 }, (_, n) => lineOf(`Practitioner/random-${n}`, at)),
  ...observations.map(({ id, of: [subject, performer], practitioner }) =>
    lineOf(`Observation/${id}`, at, {
      status: 'final',
      subject: { reference: `Patient/${subject}` },
      performer: [
        { reference: `Practitioner/${practitioner}` },
        ...(performer === undefined ? [] : [{ reference: `Patient/${performer}` }]),
      ],
    }),
  ),
];

interface Member {
  readonly reference: string;
  readonly inactive: boolean;
}

type Groups = ReadonlyMap<string, readonly Member[]>;

function oneOf<T>(items: readonly T[]): T {
  const item = items[randomInt(items.length)];
  if (item === undefined) throw new Error('nothing to choose from');
  return item;
}

const someOf = <T>(items: readonly T[], oneIn: number): T[] =>
  items.filter(() => randomInt(oneIn) === 0);

function randomGroups(): Groups {
  const all = [...patients.map((id) => `Patient/${id}`), 'Patient/zebra-99'];
  const nested = groups.map((id) => `Group/${id}`);
  const membersOf = (): Member[] =>
    [...someOf(all, 5), ...someOf(nested, 8)].map((reference) => ({
      reference,
      inactive: randomInt(5) === 0,
    }));
  return new Map(groups.map((id) => [id, randomInt(5) === 0 ? [] : membersOf()]));
}

function linesOf(known: Groups): string[] {
  return [...known].map(([id, members]) =>
    lineOf(`Group/${id}`, at, {
      type: 'person',
      actual: true,
      ...(members.length === 0
        ? {}
        : {
            member: members.map(({ reference, inactive }) => ({ entity: { reference }, inactive })),
          }),
    }),
  );
}

/** Who of the patients that are there is a member of one of these Groups, by themselves or by a Group in it. */
function membersIn(known: Groups, ids: readonly string[], seen = new Set<string>()): Set<string> {
  const found = new Set<string>();
  for (const id of ids.filter((one) => !seen.has(one))) {
    seen.add(id);
    for (const { reference, inactive } of known.get(id) ?? []) {
      const [type, target = ''] = reference.split('/');
      if (inactive) continue;
      if (type === 'Patient' && patients.includes(target)) found.add(target);
      if (type === 'Group') for (const one of membersIn(known, [target], seen)) found.add(one);
    }
  }
  return found;
}

function dataOf(members: ReadonlySet<string>): string[] {
  const theirs = observations.filter((one) => one.of.some((id) => members.has(id)));
  return [
    ...[...members].map((id) => `Patient/${id}`),
    ...theirs.map(({ id }) => `Observation/${id}`),
    ...new Set(theirs.map(({ practitioner }) => `Practitioner/${practitioner}`)),
  ].sort();
}

interface Limit {
  readonly groups: readonly string[];
  readonly patients?: readonly string[];
}

const permittedBy = (known: Groups, ids: readonly string[], limit: Limit): Set<string> =>
  new Set([...membersIn(known, ids)].filter((id) => limit.patients?.includes(id) ?? true));

let smart: SmartDeployment;

beforeAll(async () => (smart = await SmartDeployment.create({}, data)));
afterAll(() => smart.drop());

async function store(known: Groups): Promise<void> {
  const path = join(await tempFolder('groups'), 'groups.ndjson');
  await writeFile(path, `${linesOf(known).join('\n')}\n`);
  const { pool } = smart.deployment.database;
  const onProblem = (problem: unknown): never => {
    throw new Error(JSON.stringify(problem));
  };
  await load({ pool, paths: [path], stamp: true, onProblem });
}

/** What an export holds; a kick-off of a Group without any of the listed patients is refused, which is nothing as well. */
async function keysOf(token: string, path: string, mayBeRefused: boolean): Promise<string[]> {
  if (mayBeRefused) {
    expect((await kickOffAs(token, smart.base, path)).status).toBe(403);
    return [];
  }
  const { manifest } = await exportAs(token, smart.base, path);
  return await keysIn(token, manifest);
}

/** A token of a client with the limit, and what each level is to give it. */
async function expectLimit(known: Groups, limit: Limit, id: string): Promise<void> {
  const token = await tokenOf(await registerClient(smart.deployment, id, limit), smart.base);
  const whole = dataOf(permittedBy(known, limit.groups, limit));
  const said = JSON.stringify({ limit, known: [...known] });
  const levels: [string, readonly string[]][] = [
    ['/$export', whole],
    ['/Patient/$export', whole],
    [`/Patient/$export?_type=Patient`, whole.filter((key) => key.startsWith('Patient/'))],
    ...limit.groups.map((group): [string, readonly string[]] => [
      `/Group/${group}/$export`,
      dataOf(permittedBy(known, [group], limit)),
    ]),
  ];
  const checks = levels.map(async ([path, expected]) => {
    const isRefused =
      expected.length === 0 && path.startsWith('/Group/') && limit.patients !== undefined;
    const keys = await keysOf(token, path, isRefused);
    expect({ said, path, keys }).toEqual({ said, path, keys: expected });
  });
  await Promise.all(checks);
  for (const patient of patients) {
    const { status } = await askAs(token, `${smart.base}/Patient/${patient}`);
    const isPermitted = whole.includes(`Patient/${patient}`);
    expect([said, patient, status]).toEqual([said, patient, isPermitted ? 200 : 404]);
  }
  const { id: observed, of: subjects } = oneOf(observations);
  const permitted = permittedBy(known, limit.groups, limit);
  const { status } = await askAs(token, `${smart.base}/Observation/${observed}`);
  const isPermitted = subjects.some((one) => permitted.has(one));
  expect([said, observed, status]).toEqual([said, observed, isPermitted ? 200 : 404]);
}

test.each(Array.from({ length: rounds }, (_, n) => n))(
  'every level gives the data of the members and nothing else (%d)',
  async (round) => {
    const known = randomGroups();
    await store(known);
    for (let n = 0; n < limitsEach; n += 1) {
      const limited = { groups: [oneOf(groups), ...someOf(groups, 5)] };
      const unique = { groups: [...new Set(limited.groups)] };
      const limit =
        n % 3 === 0 ? { ...unique, patients: [oneOf(patients), ...someOf(patients, 2)] } : unique;
      await expectLimit(known, limit, `client-${round}-${n}`);
    }
  },
  180_000,
);
