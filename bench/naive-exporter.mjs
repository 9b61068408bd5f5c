import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import knexModule from 'knex';

const pageSize = 1000;

/**
 * The export as most servers do it, for comparison: type after type, pages by LIMIT and OFFSET in the
 * order of id, each resource parsed and written anew.
 *
 * @returns how many resources it wrote
 */
export async function exportNaively(databaseUrl, folder) {
  const knex = knexModule({ client: 'pg', connection: databaseUrl });
  try {
    const types = await knex('sluice.current_resources').distinct('type').orderBy('type');
    let written = 0;
    for (const { type } of types) written += await exportType(knex, type, folder);
    return written;
  } finally {
    await knex.destroy();
  }
}

async function exportType(knex, type, folder) {
  const file = createWriteStream(join(folder, `${type}.ndjson`));
  let offset = 0;
  for (;;) {
    const rows = await knex('sluice.current_resources')
      .select('body')
      .where({ type })
      .orderBy('id')
      .limit(pageSize)
      .offset(offset);
    for (const { body } of rows) {
      if (!file.write(`${JSON.stringify(JSON.parse(body))}\n`)) await once(file, 'drain');
    }
    offset += rows.length;
    if (rows.length < pageSize) break;
  }
  file.end();
  await finished(file);
  return offset;
}
