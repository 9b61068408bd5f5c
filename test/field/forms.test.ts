import { LoadedFolder, lineOf } from './loaded-folder.ts';

let folder: LoadedFolder;
beforeAll(async () => {
  folder = await LoadedFolder.create();
});
afterEach(() => folder.clear());
afterAll(() => folder.drop());

const patient = (id: string) => ({ resourceType: 'Patient', id });
const entry = (id: string) => ({ resource: patient(id) });
const bundle = (type: string | undefined, ...entries: object[]) => ({
  resourceType: 'Bundle',
  type,
  entry: entries,
});
const pretty = (value: unknown) => JSON.stringify(value, undefined, 2);

/** A document whose inner objects stand on lines of their own. */
const containing = `{"resourceType":"Patient","id":"p","contained":[
${lineOf('Organization/o')}],"managingOrganization":{"reference":"#o"}}
`;

describe('a file is read as what it is', () => {
  test.each<[string, string, string, string[]]>([
    ['one document with a contained resource on line 2', 'a.json', containing, ['p']],
    ['the same, named as lines', 'a.ndjson', containing, ['p']],
    [
      'a Bundle with its only entry on line 2',
      'a.json',
      `{"resourceType":"Bundle","type":"collection","entry":[\n${JSON.stringify(entry('p'))}\n]}`,
      ['p'],
    ],
    [
      'entries on lines of their own, with the comma first',
      'a.ndjson',
      `{"resourceType":"Bundle","type":"collection","entry":[\n${JSON.stringify(entry('p'))}\n,${JSON.stringify(entry('q'))}\n]}`,
      ['p', 'q'],
    ],
    ['an array', 'a.json', pretty([patient('p'), patient('q')]), ['p', 'q']],
    ['an array on one line', 'a.ndjson', JSON.stringify([patient('p'), patient('q')]), ['p', 'q']],
    ['an array of Bundles', 'a.json', pretty([bundle('batch', entry('p'))]), ['p']],
    [
      'objects printed over many lines, named as lines',
      'a.ndjson',
      `${pretty(patient('p'))}\n${pretty(patient('q'))}`,
      ['p', 'q'],
    ],
    ['objects behind one another', 'a.json', lineOf('Patient/p').trim().repeat(2), ['p']],
    ['lines named as a document', 'a.json', lineOf('Patient/p') + lineOf('Patient/q'), ['p', 'q']],
    ['lines named .jsonl', 'a.jsonl', lineOf('Patient/p') + lineOf('Patient/q'), ['p', 'q']],
    ['a Bundle that does not say its type', 'a.json', pretty(bundle(undefined, entry('p'))), ['p']],
    [
      'the responses to a batch, Bundles in it included',
      'a.json',
      pretty(
        bundle(
          'batch-response',
          { ...entry('p'), response: { status: '201' } },
          { resource: bundle('searchset', entry('q')), response: { status: '200' } },
          {
            resource: { resourceType: 'OperationOutcome', issue: [] },
            response: { status: '404' },
          },
          { response: { status: '204' } },
        ),
      ),
      ['p', 'q'],
    ],
    [
      'Parameters that wrap a Bundle',
      'a.json',
      pretty({
        resourceType: 'Parameters',
        parameter: [
          { name: 'n', valueString: 'x' },
          { name: 'return', resource: bundle('searchset', entry('p')) },
        ],
      }),
      ['p'],
    ],
  ])('%s', async (_what, name, content, ids) => {
    const { problems } = await folder.load([await folder.put(name, content)]);
    expect(problems).toEqual([]);
    expect(await folder.keys()).toEqual(ids.map((id) => `Patient/${id}`));
  });
});

describe('what cannot be read is one message', () => {
  test.each<[string, string, string, string]>([
    ['a document that is cut off', 'a.json', containing.slice(0, 99), '3: not JSON: '],
    [
      'an array that is cut off',
      'a.ndjson',
      '[\n{"resourceType":"Patient","id":"p"},\n',
      '1: not JSON: unexpected end',
    ],
    [
      'a document with a mistake in it',
      'a.ndjson',
      pretty(patient('p')).replace(',', ';'),
      '2: not JSON: ',
    ],
    [
      'Parameters of an operation',
      'a.json',
      pretty({ resourceType: 'Parameters' }),
      '1: resourceType "Parameters" cannot be stored',
    ],
  ])('%s', async (_what, name, content, message) => {
    const { summary, problems } = await folder.load([await folder.put(name, content)]);
    expect(problems).toEqual([expect.stringContaining(`${name}:${message}`)]);
    expect(summary.resources).toBe(0);
  });
});

test.each(['a.ndjson', 'a.json'])(
  'one bad first line does not keep the others out (%s)',
  async (name) => {
    const lines = `{"resourceType":\n${lineOf('Patient/p')}${lineOf('Patient/q')}`;
    const { problems } = await folder.load([await folder.put(name, lines)]);
    expect(problems).toEqual([expect.stringContaining(`${name}:1: not JSON`)]);
    expect(await folder.keys()).toEqual(['Patient/p', 'Patient/q']);
  },
);
