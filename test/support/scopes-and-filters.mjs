// Checks a kick-off of 1,000 filters by a client with 440 scopes, each with a search; prints the lengths of the lists. As the
// API does it, and the database and the workers after it: run with little memory, it shows that nothing is multiplied.
import { parseScopes, rightsOf } from '@sluice/auth';
import { filterListsOf, parseKickOff } from '@sluice/export';
import { compileFilterLists, narrowFilterLists } from '@sluice/fhir';

const list = (count, text) => Array.from({ length: count }, (_, n) => text(n));
const scopes = list(440, (n) => `system/Observation.rs?code=${'x'.repeat(60)}${n}`);
const filters = list(1000, (n) => `Observation?value-string=${'y'.repeat(30)}${n}`);
const { exports } = rightsOf(scopes.flatMap(parseScopes), { groups: ['a', 'b'] });
const baseUrl = 'http://localhost/fhir';
const now = Date.now();
const kickOff = parseKickOff(
  {
    level: 'system',
    method: 'POST',
    url: `${baseUrl}/$export`,
    headers: {
      accept: 'application/fhir+json',
      prefer: ['respond-async'],
      contentType: 'application/json',
    },
    query: '',
    body: [{ name: '_typeFilter', form: 'valueString', value: filters.join(',') }],
  },
  { headers: 'strict', now, baseUrl, rights: exports },
);
const lists = filterListsOf(kickOff, 'Observation');
narrowFilterLists('Observation', lists);
compileFilterLists('Observation', lists, { baseUrl, nowMs: now })({ resourceType: 'Observation' });
process.stdout.write(JSON.stringify(lists.map(({ length }) => length)));
