// Waits until the database has the schema of this version: what an init container does while another
// container migrates. Ends with 1 when that takes longer than ten minutes.
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { checkSchema, createPool } from '@sluice/postgres';
import { errorFacts, readSettings } from '@sluice/runtime';

const { DATABASE_URL } = readSettings(['DATABASE_URL'], process.env);
const pool = createPool(DATABASE_URL, { max: 2, applicationName: 'sluice-await-schema' });
const until = Date.now() + 600_000;
let told = '';
for (;;) {
  try {
    await checkSchema(pool);
    break;
  } catch (error) {
    const facts = errorFacts(error);
    const text = JSON.stringify(facts);
    // Once for each reason: the same line every second helps nobody.
    if (text !== told) say('warn', { message: 'the schema is not there yet', ...facts });
    told = text;
    if (Date.now() > until) process.exit(1);
    await sleep(1000);
  }
}
await pool.end();
say('info', { message: 'the schema is there' });

function say(level, facts) {
  process.stdout.write(`${JSON.stringify({ level, ...facts })}\n`);
}
