import fc from 'fast-check';
import { checkCompleteness, rangeEnd } from './completeness.ts';
import { planParts, type Changes, type PlanningFacts, type Spread } from './plan-parts.ts';
import type { Scope } from './scope.ts';

const all = ['Observation', 'Patient', 'Group'];
const scope: Scope = {
  direct: all,
  supporting: [],
  sources: [],
  provenance: false,
  exportedTargets: false,
};
const nobody: Omit<PlanningFacts, 'spreads'> = {
  scope,
  spacing: 1000,
  since: false,
  filtered: [],
  attachments: [],
  softDeleted: false,
  notices: 0,
};
const observations: Spread = {
  type: 'Observation',
  resources: 3000,
  boundaries: [1001, 2001],
};

function plan(spread: Partial<Spread>, facts: Partial<PlanningFacts> = {}): string[] {
  const { parts } = planParts({ ...nobody, spreads: [{ ...observations, ...spread }], ...facts });
  return parts.map(({ kind, access, rangeFrom, rangeTo }) =>
    [kind, access, rangeFrom, rangeTo === rangeEnd ? 'end' : rangeTo].join(' '),
  );
}

const changes = (given: Partial<Changes>): { changes: Changes } => ({
  changes: { count: 100, isExact: true, boundaries: [], any: true, deleted: true, ...given },
});
const since = { since: true };

test('a type is cut where its boundaries are', () => {
  expect(plan({})).toEqual([
    'output range 0 1001',
    'output range 1001 2001',
    'output range 2001 end',
  ]);
});

test('few members are looked up in slices, and what they share besides', () => {
  expect(plan({}, { members: 30, patients: 300 })).toEqual([
    'output members 0 end',
    'output shared 0 end',
  ]);
  expect(plan({ resources: 30_000 }, { members: 30, patients: 300 })).toEqual([
    'output members 0 10',
    'output members 10 20',
    'output members 20 end',
    'output shared 0 end',
  ]);
});

test('many members are found by a scan', () => {
  expect(plan({}, { members: 60, patients: 300 })).toHaveLength(3);
});

test('no members are no parts, but notices are told', () => {
  expect(plan({}, { members: 0, patients: 300, notices: 2 })).toEqual(['error notices 0 end']);
});

test('with _since, deletions are told', () => {
  expect(plan({ boundaries: [] }, since)).toEqual(['output range 0 end', 'deleted range 0 end']);
});

test('few changes are cut by last_updated', () => {
  expect(plan(changes({ boundaries: [5_000_000, 6_000_000] }), since)).toEqual([
    'output changes 0 5000000',
    'output changes 5000000 6000000',
    'output changes 6000000 end',
    'deleted range 0 end',
  ]);
});

test.each<[string, Partial<Changes>]>([
  ['more than a third changed', { count: 1000 }],
  ['too many changed to be counted', { isExact: false }],
  ['most changes share one instant', { boundaries: [7, 7, 7, 7, 7, 9] }],
])('%s: the type is scanned', (_title, given) => {
  expect(plan(changes(given), since).slice(0, 3)).toEqual(plan({}));
});

test('some sharing does no harm', () => {
  expect(plan(changes({ boundaries: [7, 7, 9], deleted: false }), since)).toEqual([
    'output changes 0 7',
    'output changes 7 9',
    'output changes 9 end',
  ]);
});

test('changes before 1970 are in the first range', () => {
  expect(plan(changes({ boundaries: [-9, -3, 4], deleted: false }), since)).toEqual([
    'output changes 0 4',
    'output changes 4 end',
  ]);
});

test('what certainly has nothing gets no part', () => {
  expect(plan(changes({ any: false, deleted: false }), since)).toEqual([]);
  expect(plan(changes({ any: false }), since)).toEqual(['deleted range 0 end']);
});

describe('stages', () => {
  const spreads = ['Observation', 'Practitioner', 'Provenance'].map((type) => ({
    type,
    resources: 10,
    boundaries: [],
  }));
  const staged = (facts: Partial<PlanningFacts> = {}, given: Partial<Scope> = {}): string[] =>
    planParts({
      ...nobody,
      ...facts,
      spreads,
      scope: { ...scope, direct: ['Observation'], supporting: ['Practitioner'], ...given },
    }).parts.map(({ number, stage, type, access }) => `${number} ${stage} ${type} ${access}`);

  test('what supporting resources there are is found out beside the rest, and read afterwards', () => {
    expect(staged()).toEqual([
      '1 1 Observation range',
      '2 1 Resource select-supporting',
      '3 2 Practitioner supporting',
    ]);
  });

  test('a filter puts them off until it is known what passed', () => {
    expect(staged({ filtered: ['Observation'] })).toEqual([
      '1 1 Observation range',
      '2 2 Resource select-supporting',
      '3 3 Practitioner supporting',
    ]);
  });

  test('a filter of a supporting type puts nothing off', () => {
    expect(staged({ filtered: ['Practitioner'] })).toEqual(staged());
  });

  test('nor does one of Provenance, unless it says whose references count', () => {
    const filtered = { filtered: ['Provenance'] };
    const targets = { provenance: true, exportedTargets: true };
    expect(staged(filtered, targets)).toContain('2 1 Resource select-supporting');
    expect(staged(filtered, { provenance: true })).toContain('3 2 Resource select-supporting');
  });

  test('Provenance of compartments waits for nothing, that of exported resources for all of them', () => {
    expect(staged({}, { provenance: true })).toContain('3 1 Provenance provenance');
    expect(staged({}, { provenance: true, exportedTargets: true })).toContain(
      '4 2 Provenance provenance',
    );
    const filtered = { filtered: ['Observation'] };
    const targets = { provenance: true, exportedTargets: true };
    expect(staged(filtered, targets)).toContain('4 3 Provenance provenance');
    expect(staged(filtered, { ...targets, supporting: [] })).toContain('2 2 Provenance provenance');
  });
});

test('soft-deleted resources come in the output, and not in deleted as well', () => {
  expect(plan({ boundaries: [] }, { since: true, softDeleted: true })).toEqual([
    'output range 0 end',
    'output tombstones 0 end',
  ]);
});

test('attachments are rewritten in output of the types that have some', () => {
  const { parts } = planParts({
    ...nobody,
    since: true,
    attachments: ['Patient'],
    spreads: [
      { ...observations, boundaries: [] },
      { type: 'Patient', resources: 1, boundaries: [] },
    ],
  });
  expect(parts.map(({ type, kind, attachments }) => [type, kind, attachments])).toEqual([
    ['Observation', 'output', false],
    ['Observation', 'deleted', false],
    ['Patient', 'output', true],
    ['Patient', 'deleted', false],
  ]);
});

test('parts say about how much work they are', () => {
  const { parts, resourcesEstimated } = planParts({
    ...nobody,
    scope: { ...scope, supporting: ['Practitioner'] },
    spreads: [
      { ...observations, bytes: 3_000_000 },
      { type: 'Patient', resources: 12, bytes: 12 * 3 * 2048, boundaries: [] },
      { type: 'Practitioner', resources: 7, boundaries: [] },
    ],
  });
  expect(parts.map(({ type, effort }) => [type, effort])).toEqual([
    ['Observation', 1000],
    ['Observation', 1000],
    ['Observation', 1000],
    ['Patient', 36],
    // Others wait for it, so that it is begun early.
    ['Resource', 1000],
    ['Practitioner', 7],
  ]);
  expect(resourcesEstimated).toBe(3012);
});

test('whatever is planned can be proved complete', () => {
  const boundaries = fc
    .uniqueArray(fc.integer({ min: 1, max: 1e9 }), { maxLength: 20 })
    .map((list) => list.sort((a, b) => a - b));
  const spread = fc.record({
    type: fc.constantFrom('Observation', 'Group', 'Patient'),
    resources: fc.nat(100_000),
    boundaries,
    changes: fc.record({
      count: fc.nat(100_000),
      isExact: fc.boolean(),
      boundaries: fc
        .array(fc.integer({ min: -1e15, max: 2e15 }), { maxLength: 20 })
        .map((list) => list.sort((a, b) => a - b)),
      any: fc.boolean(),
      deleted: fc.boolean(),
    }),
  });
  const facts = fc.record({
    spreads: fc.uniqueArray(spread, { selector: ({ type }) => type }),
    spacing: fc.integer({ min: 100, max: 50_000 }),
    since: fc.boolean(),
    notices: fc.nat(3),
    members: fc.nat(5000),
    patients: fc.nat(5000),
  });
  fc.assert(
    fc.property(
      facts,
      fc.boolean(),
      fc.boolean(),
      ({ members, patients, ...rest }, listed, refers) => {
        const wide = { ...scope, supporting: ['Patient'], provenance: true, exportedTargets: true };
        const known = { ...nobody, ...rest, scope: refers ? wide : scope };
        const { parts } = planParts(listed ? { ...known, members, patients } : known);
        expect(parts.every(({ stage }, i) => stage >= (parts[i - 1]?.stage ?? 1))).toBe(true);
        const done = { state: 'completed', resourcesRead: 0, leftOut: 0, bytesWritten: 0 } as const;
        const records = parts.map((part) => ({
          ...part,
          ...done,
          resourcesInFiles: 0,
          bytesInFiles: 0,
        }));
        expect(checkCompleteness(parts.length, records)).toEqual([]);
      },
    ),
  );
});
