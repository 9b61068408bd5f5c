import { registerClient, tokenOf, type SmartClient } from '../support/smart-client.ts';
import {
  askAs,
  exportAs,
  keysIn,
  kickOffAs,
  SmartDeployment,
  verdictOf,
} from '../support/smart-deployment.ts';

/* What gives the right to a Group's export, and what refusals say is missing. */

let smart: SmartDeployment;
const clients: Record<string, SmartClient> = {};
const limits = {
  everything: {},
  patients: { scopes: 'system/Patient.rs system/Observation.rs' },
  'some Groups': { scopes: 'system/*.rs system/Group.rs?_id=both' },
  'one Group': { scopes: 'system/Patient.rs system/Group.rs?_id=one' },
  limited: { scopes: 'system/Patient.rs', groups: ['one'] },
} as const;
type Name = keyof typeof limits;

beforeAll(async () => {
  smart = await SmartDeployment.create();
  for (const [name, more] of Object.entries(limits)) {
    clients[name] = await registerClient(smart.deployment, name.replace(' ', '-'), more);
  }
});
afterAll(() => smart.drop());

async function token(name: Name, scope: string, base = smart.base): Promise<string> {
  const client = clients[name];
  if (client === undefined) throw new Error(name);
  return await tokenOf(client, base, scope);
}

describe.each(['registered', 'true', 'false'])('REQUIRE_GROUP_READ=%s', (required) => {
  let base: string;
  beforeAll(async () => {
    base =
      required === 'registered'
        ? smart.base
        : await smart.startApi({ REQUIRE_GROUP_READ: required });
  });

  const all = ['registered', 'true', 'false'];
  const unlessStrict = ['registered', 'false'];
  test.each([
    ['everything', 'system/Patient.rs', 'one', unlessStrict],
    ['everything', 'system/Patient.rs system/Group.rs', 'one', all],
    ['everything', 'system/Patient.rs system/Group.rs?_id=both', 'one', ['false']],
    ['everything', 'system/Patient.rs system/Group.rs?_id=both', 'both', all],
    ['patients', 'system/Patient.rs', 'one', ['false']],
    ['one Group', 'system/Patient.rs', 'one', unlessStrict],
    ['one Group', 'system/Patient.rs', 'both', ['false']],
    ['limited', 'system/Patient.rs', 'one', unlessStrict],
    ['limited', 'system/Patient.rs', 'both', []],
  ] as const)('registered for %s, with %s: Group/%s', async (name, scope, group, where) => {
    const text = await token(name, scope, base);
    const path = `/Group/${group}/$export`;
    if (!(where as readonly string[]).includes(required)) {
      expect(await verdictOf(await kickOffAs(text, base, path))).toBe('403 forbidden');
      return;
    }
    const { manifest } = await exportAs(text, base, path);
    const members = group === 'one' ? ['zebra-1'] : ['zebra-1', 'zebra-2'];
    expect(await keysIn(text, manifest)).toEqual(members.map((id) => `Patient/${id}`));
  });

  test('an export of a Group does not hold the Group itself without a scope for it', async () => {
    const text = await token('everything', 'system/Patient.rs', base);
    const path = '/Group/one/$export?_type=Patient,Group';
    expect(await verdictOf(await kickOffAs(text, base, path))).toBe('403 forbidden');
  });
});

const outcomeOf = async (answer: Response): Promise<string> => {
  const { issue } = (await answer.json()) as { issue: { diagnostics: string }[] };
  return `${answer.status} ${issue.map(({ diagnostics }) => diagnostics).join(' ')}`;
};

test('refusals name the missing scope', async () => {
  const { base } = smart;
  const text = await token('patients', 'system/Patient.rs');
  const kickOff = async (path: string): Promise<string> =>
    await outcomeOf(await kickOffAs(text, base, path));
  const read = async (path: string): Promise<string> =>
    await outcomeOf(await askAs(text, base + path));
  expect(await kickOff('/$export?_type=Patient,Encounter,Observation')).toMatch(
    /^403 .*missing scopes: system\/Encounter\.rs system\/Observation\.rs\.$/,
  );
  expect(await kickOff('/$export?_typeFilter=Encounter%3Fstatus=x')).toContain(
    'system/Encounter.rs',
  );
  expect(await kickOff('/Group/one/$export')).toMatch(/^403 .*missing scope: system\/Group\.rs/);
  expect(await read('/Encounter/enc-1')).toMatch(/^403 .*missing scope: system\/Encounter\.r\.$/);
  expect(await read('/Group')).toMatch(/^403 .*missing scope: system\/Group\.rs\.$/);
  const wide = await exportAs(
    await token('patients', 'system/*.rs'),
    base,
    '/$export?_type=Patient,Observation',
  );
  const missing = /^403 .*missing scope: system\/Observation\.rs\.$/;
  expect(await outcomeOf(await askAs(text, wide.statusUrl))).toMatch(missing);
  const file = wide.manifest.output.find(({ type }) => type === 'Observation')?.url ?? '';
  expect(await outcomeOf(await askAs(text, file))).toMatch(missing);
});

test('a token is refused with the scopes that the client is registered for', async () => {
  await expect(token('patients', 'system/Encounter.read launch')).rejects.toThrow(
    /None of the requested scopes \(system\/Encounter\.read\) .* registered for: system\/Patient\.rs system\/Observation\.rs\./,
  );
});

test.each([
  ['GET', '/Patient/zebra-1/$export', /Patient\/\$export\?patient=\[id\]/],
  ['GET', '/Observation/$export', /offered: \$export, Patient\/\$export and Group/],
  ['GET', '/Patient/zebra-1/$everything', /operation is not offered/],
  ['POST', '', /Batches and transactions are not offered/],
  ['POST', '/', /Batches and transactions are not offered/],
  ['GET', '/Observation?code=1', /offered: a search of Groups/],
  ['POST', '/Observation/_search', /offered: a search of Groups/],
  ['POST', '/Observation', /Creating resources is not offered/],
  ['GET', '/Patient/zebra-1/_history', /reading a resource as it is now/],
  ['GET', '/nothing', /There is nothing at this address; offered: /],
])('%s %s says what is offered', async (method, path, expected) => {
  const text = await token('everything', 'system/*.rs');
  const said = await outcomeOf(await askAs(text, smart.base + path, { method }));
  expect(said).toMatch(/^404 /);
  expect(said).toMatch(expected);
  expect(said).not.toContain('zebra');
});
