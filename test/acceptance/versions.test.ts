import { deletedKeys, difference, exactly, expectExport } from '../support/compare-export.ts';
import {
  downloadLines,
  kickOff,
  runExport,
  type Manifest,
  type Parameters,
} from '../support/export-client.ts';
import {
  after,
  bulk,
  changed,
  deletionsFor,
  historyOf,
  isAbout,
  levelsOf,
  servePastStore,
  type Asked,
  type PastStore,
  type PatientLevel,
} from '../support/past-store.ts';
import { dataOf } from '../support/patients-data.ts';
import { keysOf, type ServedStore } from '../support/served-store.ts';
import type { Version } from '../support/stored-model.ts';
import type { Sample } from '../support/synthea.ts';

/*
 * Exports over a store with a past: `_until`, windows, past versions and deletions at every level. What counts at an instant is worked out
 * by the test from what it had stored.
 */

let past: PastStore;
let store: ServedStore;
let mark: PastStore['mark'];
let levels: Record<string, PatientLevel>;

beforeAll(async () => {
  past = await servePastStore();
  ({ store, mark } = past);
  levels = levelsOf(past);
}, 120_000);
afterAll(() => store.drop());

const queryOf = ({ since, until }: Asked, more: string[] = []): string => {
  const given = [
    ...(since === undefined ? [] : [`_since=${since}`]),
    ...(until === undefined ? [] : [`_until=${until.replace('+', '%2B')}`]),
    ...more,
  ];
  return given.length === 0 ? '' : `?${given.join('&')}`;
};

const levelOf = (name: string): PatientLevel => {
  const level = levels[name];
  if (!level) throw new Error(`no level: ${name}`);
  return level;
};

/** Asserts what an export at a level, or at system level, gives and says is deleted. */
async function expectLevel(name: string, asked: Asked): Promise<void> {
  const { since, until } = asked;
  const level = levels[name];
  const present = store.model.present(until);
  const wanted = level ? dataOf(present, level.patients(until)) : present;
  const path = (level?.path ?? '/$export') + queryOf(asked);
  const manifest = await expectExport(store.base, path, after(wanted, since));
  const deleted = level ? deletionsFor(past, level, until) : store.model.deleted(until);
  await expectDeleted(manifest, since === undefined ? [] : keysOf(after(deleted, since)));
  expect(manifest.deleted === undefined).toBe(since === undefined);
}

async function expectDeleted(manifest: Manifest, wanted: readonly string[]): Promise<void> {
  expect(difference(await deletedKeys(manifest), wanted)).toEqual(exactly(wanted));
}

describe('_until', () => {
  test.each<[string, () => string]>([
    ['an instant among the stamps', () => '2022-06-01T00:00:00+02:00'],
    ['a microsecond before a change', () => '2026-01-10T12:00:00.000499Z'],
    ['the very instant of a change', () => changed],
    ['before anything was stamped', () => mark.loaded],
    ['before anything was deleted', () => mark.stamped],
    ['before anything was stored again', () => mark.deleted],
  ])(
    '%s gives the state as of it',
    async (_what, instant) => {
      for (const level of ['system', 'few']) await expectLevel(level, { until: instant() });
    },
    60_000,
  );

  test('it does so at patient level, for many patients and for a list of them', async () => {
    await expectLevel('patient', { until: mark.stamped });
    await expectLevel('many', { until: mark.deleted });
    const listed = [past.patients[3] ?? '', past.patients[0] ?? ''];
    const parameter = [{ name: '_until', valueInstant: changed }];
    const body: Parameters = { resourceType: 'Parameters', parameter };
    await expectExport(
      store.base,
      `/Group/many/$export?patient=${past.patients[4] ?? ''}`,
      dataOf(store.model.present(changed), new Set([past.patients[4] ?? ''])),
      body,
    );
    // Who is deleted now is not to be asked for by name.
    const answer = await kickOff(
      store.base,
      `/Patient/$export?patient=${listed.join()}&_until=${changed}`,
    );
    expect(answer.status).toBe(400);
  }, 60_000);

  test('an instant to come is now', async () => {
    await expectLevel('few', { until: '2100-01-01T00:00:00Z' });
  }, 30_000);

  test('_till is another name of it', async () => {
    const present = store.model.present(changed);
    const few = levelOf('few').patients(changed);
    await expectExport(store.base, `/$export?_till=${changed}`, present);
    await expectExport(store.base, `/Group/few/$export?_till=${changed}`, dataOf(present, few));
  }, 30_000);
});

describe('with _since', () => {
  test.each<[string, () => Asked]>([
    ['of stamps', () => ({ since: '2022-06-01T00:00:00Z', until: changed })],
    ['from a stamp to now', () => ({ since: changed })],
    ['of what was stamped', () => ({ since: mark.loaded, until: mark.stamped })],
    ['of deletions', () => ({ since: mark.stamped, until: mark.deleted })],
    ['of deletions, up to now', () => ({ since: mark.stamped })],
    ['of what was stored again', () => ({ since: mark.deleted })],
  ])(
    'a window %s tells what changed in it, and what is deleted at its end',
    async (_what, asked) => {
      for (const level of ['system', 'few', 'many']) await expectLevel(level, asked());
    },
    60_000,
  );

  test('so does one at patient level', async () => {
    await expectLevel('patient', { since: mark.loaded, until: mark.deleted });
    await expectLevel('patient', { since: mark.stamped });
  }, 30_000);

  test('deletions have up to 1,000 entries a line, by type, and no other types', async () => {
    const manifest = await runExport(
      store.base,
      `/$export?_since=${mark.stamped}&_type=Observation`,
    );
    const wanted = after(store.model.deleted(), mark.stamped).filter(
      ({ type }) => type === 'Observation',
    );
    expect(wanted.length).toBeGreaterThan(bulk);
    await expectDeleted(manifest, keysOf(wanted));
    const lines = await downloadLines(manifest.deleted ?? []);
    const sizes = lines.map((line) => (JSON.parse(line) as { entry: unknown[] }).entry.length);
    expect([sizes.length, Math.max(...sizes)]).toEqual([Math.ceil(wanted.length / 1000), 1000]);
    expect(manifest.deleted?.map(({ type }) => type)).toEqual(['Bundle']);
  }, 30_000);
});

const marker =
  '{"url":"http://azurehealthcareapis.com/data-extensions/deleted-state","valueString":"soft-deleted"}';
const marked = `,"extension":[${marker}]`;

/** Lines of the output, each marked one behind `deleted`; asserts that the mark is all that was changed of it. */
async function readMarked({ output }: Manifest): Promise<string[]> {
  return (await downloadLines(output)).map((line) => {
    const { meta } = JSON.parse(line) as { meta: { extension?: unknown[] } };
    const isMarked = JSON.stringify(meta.extension ?? []).includes(marker);
    return isMarked ? `deleted ${line.replace(marked, '')}` : line;
  });
}

/** Resources of which a file has a version before an older one. */
async function disordered({ output }: Manifest): Promise<string[]> {
  const order = new Map(store.model.versions.map(({ line }, i) => [line, i]));
  const last = new Map<string, number>();
  return (await downloadLines(output)).filter((line) => {
    const { resourceType, id } = JSON.parse(line) as { resourceType: string; id: string };
    const at = order.get(line) ?? -1;
    const before = last.get(`${resourceType}/${id}`) ?? -1;
    last.set(`${resourceType}/${id}`, at);
    return at <= before;
  });
}

describe('includeAssociatedData', () => {
  const cases: [string, () => Asked][] = [
    ['alone', () => ({})],
    ['with _since', () => ({ since: mark.loaded })],
    ['with _until', () => ({ until: mark.deleted })],
    ['with both', () => ({ since: changed, until: mark.deleted })],
  ];
  const types = 'Observation,Encounter,Condition,Patient,Claim,DiagnosticReport';
  const isOf = ({ type }: Sample) => types.split(',').includes(type);

  test.each(cases)(
    '_history %s gives past versions too, oldest first',
    async (_what, ask) => {
      const asked = ask();
      const wanted = historyOf(past, asked, false);
      expect(wanted.length).toBeGreaterThan(
        after(store.model.present(asked.until), asked.since).length - 1,
      );
      const manifest = await expectExport(
        store.base,
        `/$export${queryOf(asked, ['includeAssociatedData=_history'])}`,
        wanted,
      );
      const gone =
        asked.since === undefined ? [] : after(store.model.deleted(asked.until), asked.since);
      await expectDeleted(manifest, keysOf(gone));
      expect((await disordered(manifest)).length).toBe(0);
    },
    60_000,
  );

  test.each(cases)(
    '_history %s gives a Group’s past versions by the compartments that they were in',
    async (_what, ask) => {
      const asked = ask();
      for (const level of ['few', 'many']) {
        const { path, patients } = levelOf(level);
        const ids = patients(asked.until);
        const theirs = historyOf(past, asked, false).filter(
          (version) => isOf(version) && isAbout(version, ids),
        );
        await expectExport(
          store.base,
          path + queryOf(asked, [`_type=${types}`, 'includeAssociatedData=_history']),
          theirs,
        );
      }
    },
    60_000,
  );

  test.each(cases)(
    '_deleted %s gives what is deleted with a mark, and not in deleted',
    async (_what, ask) => {
      const asked = ask();
      const gone = (versions: readonly Version[]) =>
        after(versions, asked.since).map(({ line }) => `deleted ${line}`);
      const wanted = [
        ...after(store.model.present(asked.until), asked.since).map(({ line }) => line),
        ...gone(store.model.deleted(asked.until)),
      ];
      const query = queryOf(asked, ['includeAssociatedData=_deleted']);
      const manifest = await runExport(store.base, `/$export${query}`);
      expect(difference(await readMarked(manifest), wanted)).toEqual(exactly(wanted));
      expect(manifest.deleted ?? []).toEqual([]);

      for (const level of ['few', 'many']) {
        const { path, patients } = levelOf(level);
        const present = store.model.present(asked.until);
        const theirs = [
          ...after(dataOf(present, patients(asked.until)), asked.since).map(({ line }) => line),
          ...gone(deletionsFor(past, levelOf(level), asked.until)),
        ];
        const answer = await runExport(store.base, path + query);
        expect([level, difference(await readMarked(answer), theirs)]).toEqual([
          level,
          exactly(theirs),
        ]);
        expect(answer.deleted ?? []).toEqual([]);
      }
    },
    60_000,
  );

  test.each(cases)(
    '_history and _deleted %s tell every version once',
    async (_what, ask) => {
      const asked = ask();
      const gone = after(store.model.deleted(asked.until), asked.since);
      const wanted = [
        ...historyOf(past, asked, true).map(({ line }) => line),
        ...gone.map(({ line }) => `deleted ${line}`),
      ];
      const manifest = await runExport(
        store.base,
        `/$export${queryOf(asked, ['includeAssociatedData=_history,_deleted'])}`,
      );
      expect(difference(await readMarked(manifest), wanted)).toEqual(exactly(wanted));
    },
    60_000,
  );
});

describe('what is refused', () => {
  const since = '2024-01-01T00:00:00Z';

  test.each([
    [
      '_history with a filter',
      '/$export?_typeFilter=Patient%3Fgender=male&includeAssociatedData=_history',
      /cannot be combined with _typeFilter/,
    ],
    [
      '_deleted with a filter',
      '/Group/few/$export?_typeFilter=Patient%3Fgender=male&includeAssociatedData=_deleted',
      /cannot be combined with _typeFilter/,
    ],
    ['an _until that is none', '/$export?_until=yesterday', /not an instant/],
    ['both names of it', `/$export?_until=${since}&_till=${since}`, /only one may be given/],
    ['an _until at _since', `/$export?_since=${since}&_until=${since}`, /later than _since/],
    [
      'an _until before _since',
      `/Patient/$export?_since=${since}&_till=2023-01-01T00:00:00Z`,
      /later than _since/,
    ],
  ])('%s', async (_what, path, text) => {
    const answer = await kickOff(store.base, path);
    expect([answer.status, await answer.text()]).toEqual([400, expect.stringMatching(text)]);
  });

  test('an _until that history does not reach, with the instant from which on it does', async () => {
    await store.serve({ HISTORY_RETENTION: '1h', TILL_SYSTEM_ONLY: 'true' });
    const answer = await kickOff(store.base, `/$export?_until=${since}`);
    expect([answer.status, await answer.text()]).toEqual([
      400,
      expect.stringMatching(
        /lies before \d{4}-\d\d-\d\dT[\d:.]+Z, the earliest instant that can be answered/,
      ),
    ]);
    await expectLevel('system', { until: mark.deleted });
  }, 60_000);

  test('_till at other levels, with TILL_SYSTEM_ONLY', async () => {
    const answer = await kickOff(store.base, `/Patient/$export?_till=${mark.deleted}`);
    expect([answer.status, await answer.text()]).toEqual([
      400,
      expect.stringContaining('system level'),
    ]);
  });
});
