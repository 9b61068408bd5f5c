import { writeResources, type StagedResource } from '@sluice/postgres';
import { createDatabase } from '../support/database.ts';

/** A resource that nobody has stored yet. */
function staged(type: string, id: string): StagedResource {
  const head = Buffer.from(`{"resourceType":"${type}","id":"${id}"}`);
  const lastUpdated = '2026-01-01T00:00:00Z';
  const rest = {
    line: 1,
    deleted: false,
    versionId: '1',
    tail: undefined,
    splice: 'none',
  } as const;
  const mentioned = { patients: [], supporting: [], targets: [], recorded: undefined };
  return { ...rest, ...mentioned, type, id, lastUpdated, head };
}

test('many writers may be the first to store a type at the same time', async () => {
  const database = await createDatabase();
  try {
    for (const type of ['Patient', 'Observation', 'Encounter', 'Condition', 'Procedure', 'Claim']) {
      const writers = Array.from({ length: 8 }, (_, n) =>
        writeResources(database.pool, [staged(type, `first-${n}`)]),
      );
      const summaries = await Promise.all(writers);
      expect(summaries.map(({ stored }) => stored)).toEqual(Array(8).fill(1));
    }
  } finally {
    await database.drop();
  }
});

test('a type that R4 does not have is refused, however it is spelt', async () => {
  const database = await createDatabase();
  try {
    for (const type of ['Foo1', 'device', 'DEVICE']) {
      await expect(writeResources(database.pool, [staged(type, 'x')])).rejects.toThrow(
        'not a resource type of FHIR R4',
      );
    }
  } finally {
    await database.drop();
  }
});
