import { resourceTypes } from '@sluice/fhir';
import { ExportError } from './errors.ts';
import { filterListsOf } from './filtered-types.ts';
import { isWithinLimits, mayHaveExport, mayHaveType, type ExportRights } from './export-rights.ts';
import type { KickOff, Level } from './export.ts';
import { parseKickOff } from './kick-off.ts';

const limits = [['category=laboratory', 'status=final']];
const all: ExportRights = { types: 'all', rowFilters: new Map() };
const some: ExportRights = {
  types: new Set(['Patient', 'Observation', 'Location', 'Group']),
  rowFilters: new Map([['Observation', limits]]),
};

function parse(
  query: string,
  rights: ExportRights,
  {
    level = 'patient',
    prefer = '',
    groupId,
  }: { level?: Level; prefer?: string; groupId?: string } = {},
): KickOff {
  return parseKickOff(
    {
      level,
      groupId,
      method: 'GET',
      url: 'https://fhir.example/fhir/$export',
      headers: { accept: 'application/fhir+json', prefer: [`respond-async${prefer}`] },
      query,
    },
    {
      headers: 'strict',
      now: Date.parse('2026-05-01'),
      baseUrl: 'https://fhir.example/fhir',
      rights,
    },
  );
}

function verdict(...args: Parameters<typeof parse>): string {
  try {
    parse(...args);
    return 'accepted';
  } catch (error) {
    if (!(error instanceof ExportError)) throw error;
    return `${error.status} ${error.issues.map(({ code }) => code).join(' ')}`;
  }
}

const lenient = { prefer: ', handling=lenient' };

test('with a right to everything nothing is changed', () => {
  expect(parse('_type=Patient', all)).toEqual({ ...parse('_type=Patient', { ...all }) });
  expect(parse('', all)).not.toHaveProperty('types');
});

test('without _type the permitted types of the level are exported, a Group only when it is named', () => {
  expect([...(parse('', some).types ?? [])].sort()).toEqual(['Location', 'Observation', 'Patient']);
  expect([...(parse('', some, { level: 'system' }).types ?? [])].sort()).toEqual([
    'Group',
    'Location',
    'Observation',
    'Patient',
  ]);
});

test.each([
  ['_type=Encounter', '403 forbidden'],
  ['_type=Patient,Encounter', '403 forbidden'],
  ['_type=Patient', 'accepted'],
  ['_typeFilter=Encounter?status=finished', '403 forbidden'],
  ['_type=Encounter&_since=never', '400 value forbidden'],
])('in strict mode %s is answered %s', (query, expected) => {
  expect(verdict(query, some)).toBe(expected);
});

test.each([
  ['_type=Encounter', '403 forbidden'],
  ['_type=Patient,Encounter', 'accepted'],
  ['_typeFilter=Encounter?status=finished', 'accepted'],
])('in lenient mode %s is answered %s', (query, expected) => {
  expect(verdict(query, some, lenient)).toBe(expected);
});

test('what is left out of a lenient request is told', () => {
  const { types, notices } = parse('_type=Patient,Encounter', some, lenient);
  expect(types).toEqual(['Patient']);
  expect(notices).toEqual([
    expect.objectContaining({
      code: 'forbidden',
      text: expect.stringContaining('Encounter') as string,
    }),
  ]);
});

test('nothing permitted at the level is refused', () => {
  // Below system level a Group comes only when it is named.
  const rights = { types: new Set(['Group']), rowFilters: new Map() };
  expect(verdict('', rights)).toBe('403 forbidden');
});

describe('row filters', () => {
  test('apply where the client gave none', () => {
    const kickOff = parse('', some);
    expect(kickOff).not.toHaveProperty('typeFilters');
    expect(kickOff.rowFilters).toEqual({ Observation: [['category=laboratory', 'status=final']] });
  });

  test('stand beside the alternatives that the client gave', () => {
    const kickOff = parse('_typeFilter=Observation?code=1,Observation?code=2', some);
    expect(filterListsOf(kickOff, 'Observation')).toEqual([
      ['code=1', 'code=2'],
      ['category=laboratory', 'status=final'],
    ]);
  });

  test('have nothing to do with types that are not exported', () => {
    expect(parse('_type=Patient', some)).not.toHaveProperty('rowFilters');
  });

  test('go together with neither _history nor _deleted', () => {
    expect(verdict('includeAssociatedData=_history', some)).toBe('400 not-supported');
  });

  test('are not multiplied with as many filters as a kick-off may have', () => {
    const filters = Array.from({ length: 1000 }, (_, n) => `Observation?code=${n}`).join(',');
    const rights = {
      ...some,
      rowFilters: new Map([
        ['Observation', [Array.from({ length: 440 }, (_, n) => `status=s${n}`)]],
      ]),
    };
    const kickOff = parse(`_typeFilter=${filters}`, rights);
    const lists = filterListsOf(kickOff, 'Observation');
    expect(lists.map(({ length }) => length)).toEqual([1000, 440]);
    expect(JSON.stringify(kickOff).length).toBeLessThan(3 * filters.length);
  });
});

describe('Groups and patients', () => {
  const groups = { ...all, groups: ['a'] };
  const patients = { ...all, patients: ['1', '2'] };

  test.each([
    ['a permitted Group', '', groups, { level: 'group', groupId: 'a' }, 'accepted'],
    ['another Group', '', groups, { level: 'group', groupId: 'b' }, '403 forbidden'],
    [
      'another Group, lenient',
      '',
      groups,
      { level: 'group', groupId: 'b', ...lenient },
      '403 forbidden',
    ],
    ['permitted patients', 'patient=1', patients, {}, 'accepted'],
    ['another patient', 'patient=1,3', patients, {}, '403 forbidden'],
    ['another patient, lenient', 'patient=1,3', patients, lenient, 'accepted'],
    ['other patients only, lenient', 'patient=3', patients, lenient, '403 forbidden'],
    ['everybody', '', patients, { level: 'system' }, 'accepted'],
    ['everybody, limited to no Group', '', { ...all, membersOf: [] }, {}, '403 forbidden'],
  ] as const)('%s', (_, query, rights, options, expected) => {
    expect(verdict(query, rights, options)).toBe(expected);
  });

  const members = { ...all, groups: ['a', 'b'], membersOf: ['a', 'b'] };

  test('of everything, a limited client gets what Patient/$export gives', () => {
    for (const rights of [patients, members]) {
      const { request, ...system } = parse('', rights, { level: 'system' });
      expect(system).toEqual({ ...parse('', rights), request: undefined });
      expect(request).toBeDefined();
    }
    expect(parse('', members, { level: 'system' }).membersOf).toEqual(['a', 'b']);
    expect(parse('', all, { level: 'system' })).not.toHaveProperty('membersOf');
  });

  test('the Group of a Group export is limit enough', () => {
    expect(parse('', members, { level: 'group', groupId: 'a' })).not.toHaveProperty('membersOf');
  });

  test.each([
    ['the same Groups', members, ['a', 'b'], true],
    ['more Groups', { ...members, membersOf: ['a', 'b', 'c'] }, ['a', 'b'], true],
    ['fewer Groups', { ...members, membersOf: ['a'] }, ['a', 'b'], false],
    ['no Groups', { ...members, membersOf: [] }, ['a'], false],
    ['no limit', all, ['a', 'b'], true],
    ['a limit, of everybody', members, undefined, false],
    ['patients as well', { ...members, patients: ['1'] }, ['a'], false],
  ])('an export of members may be had with rights to %s', (_, rights, membersOf, expected) => {
    const kickOff = { ...parse('', all), ...(membersOf === undefined ? {} : { membersOf }) };
    expect(isWithinLimits(kickOff, rights)).toBe(expected);
    expect(mayHaveExport(kickOff, rights)).toBe(expected);
  });
});

describe('an export that runs already', () => {
  const kickOff = parse('', some);

  test.each([
    ['all that it was started with', some, true],
    ['more', all, true],
    ['fewer types', { ...some, types: new Set(['Patient']) }, false],
    ['fewer rows', { ...some, rowFilters: new Map([['Observation', [['status=final']]]]) }, false],
    [
      'rows limited by another list as well',
      { ...some, rowFilters: new Map([['Observation', [...limits, ['code=1']]]]) },
      false,
    ],
    [
      'more rows',
      { ...some, rowFilters: new Map([['Observation', [[...(limits[0] ?? []), 'code=1']]]]) },
      true,
    ],
    [
      'rows where there were all',
      { ...some, rowFilters: new Map([['Patient', [['active=true']]]]) },
      false,
    ],
    ['fewer patients', { ...some, patients: ['1'] }, false],
  ])('may be had with %s: %#', (_, rights, expected) => {
    expect(mayHaveExport(kickOff, rights)).toBe(expected);
  });

  test('of everything needs the right to everything', () => {
    const whole = parse('', all, { level: 'system' });
    expect(mayHaveExport(whole, all)).toBe(true);
    expect(mayHaveExport(whole, some)).toBe(false);
    expect(mayHaveExport(whole, { ...all, rowFilters: new Map([['Group', [['_id=a']]]]) })).toBe(
      false,
    );
  });

  test('of patients does not need the right to Groups, of which it has none', () => {
    const rights = { ...all, rowFilters: new Map([['Group', [['_id=a']]]]) };
    expect(mayHaveExport(parse('', rights), rights)).toBe(true);
  });

  test('of types that are all limited may be had by who started it', () => {
    const filters = [['_lastUpdated=ge2026']];
    const rights: ExportRights = {
      types: 'all',
      rowFilters: new Map([...resourceTypes].map((type) => [type, filters])),
    };
    expect(mayHaveExport(parse('', rights), rights)).toBe(true);
    expect(parse('', rights).rowFilters).toHaveProperty('Observation', filters);
  });

  test('may be had with rights to some patients only if it is of some', () => {
    const one = parse('', all);
    expect(mayHaveExport({ ...one, hasPatients: true }, { ...all, patients: ['1'] })).toBe(true);
    expect(mayHaveExport(one, { ...all, patients: ['1'] })).toBe(false);
  });

  test('of a Group needs the right to it', () => {
    const group = parse('', all, { level: 'group', groupId: 'a' });
    expect(mayHaveExport(group, { ...all, groups: ['a', 'b'] })).toBe(true);
    expect(mayHaveExport(group, { ...all, groups: ['b'] })).toBe(false);
  });

  test('gives the files of a type to who may have the type', () => {
    const rights = { ...some, types: new Set(['Patient']) };
    expect(mayHaveType(kickOff, 'Patient', rights)).toBe(true);
    expect(mayHaveType(kickOff, 'Observation', rights)).toBe(false);
  });
});
