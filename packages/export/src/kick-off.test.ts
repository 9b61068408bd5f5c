import { ExportError } from './errors.ts';
import type { KickOff, Level } from './export.ts';
import type { KickOffOptions, KickOffRequest } from './kick-off-request.ts';
import { parseKickOff } from './kick-off.ts';
import { readParametersBody } from './parameters-body.ts';

/** What is read of a body that is sent as this. */
const sent = (body: unknown) => readParametersBody(Buffer.from(JSON.stringify(body)));

const now = Date.parse('2026-11-21T12:00:00.000Z');
const baseUrl = 'https://fhir.example.org/fhir';
const options: KickOffOptions = { headers: 'strict', now, baseUrl };
const lenientHeaders: KickOffOptions = { ...options, headers: 'lenient' };
const levels: readonly Level[] = ['system', 'patient', 'group'];

type Changes = Partial<Omit<KickOffRequest, 'headers'>> & {
  headers?: Partial<KickOffRequest['headers']>;
};

function request({ headers, ...changes }: Changes = {}): KickOffRequest {
  return {
    level: 'system',
    method: 'GET',
    url: `${baseUrl}/$export`,
    query: '',
    ...changes,
    headers: { accept: 'application/fhir+json', prefer: ['respond-async'], ...headers },
  };
}

const lenient = { prefer: ['respond-async, handling=lenient'] };

function post(parameter: readonly object[], changes: Changes = {}): KickOffRequest {
  return request({
    method: 'POST',
    body: sent({ resourceType: 'Parameters', parameter }),
    ...changes,
    headers: { contentType: 'application/fhir+json', ...changes.headers },
  });
}

function errorOf(given: KickOffRequest, allowed = options): ExportError {
  try {
    parseKickOff(given, allowed);
  } catch (error) {
    if (error instanceof ExportError) return error;
    throw error;
  }
  throw new Error('the kick-off was accepted');
}

/** `400 value _type` and so on, one per issue. */
function faultsOf(given: KickOffRequest, allowed = options): string[] {
  const { status, issues } = errorOf(given, allowed);
  return issues.map(({ code, expression }) => `${status} ${code} ${expression?.join() ?? ''}`);
}

describe('Accept', () => {
  test.each([
    'application/fhir+json',
    'application/json',
    'application/json+fhir',
    'APPLICATION/FHIR+JSON',
    'application/fhir+json; charset=utf-8',
    'application/fhir+json;fhirVersion=4.0',
    '*/*',
    'application/*',
    'text/html, application/fhir+json;q=0.1',
    'application/xml;q=0.9, */*;q=0.1',
  ])('%s is accepted', (accept) => {
    expect(parseKickOff(request({ headers: { accept } }), options).level).toBe('system');
  });

  test.each([
    'application/xml',
    'application/fhir+xml',
    'application/fhir+ndjson',
    'text/*',
    'text/html, image/png',
    'application/json;q=0, application/fhir+json;q=0, application/json+fhir;q=0',
    '*/*;q=0',
  ])('%s is answered 406', (accept) => {
    expect(faultsOf(request({ headers: { accept } }))).toEqual(['406 not-supported Accept']);
  });

  test.each([undefined, '', '  '])('%p is required, unless headers are lenient', (accept) => {
    const given = request({ headers: { accept } });
    expect(faultsOf(given)).toEqual(['400 required Accept']);
    expect(parseKickOff(given, lenientHeaders).level).toBe('system');
  });
});

describe('Prefer', () => {
  test.each<[string[], boolean]>([
    [['respond-async'], false],
    [['Respond-Async'], false],
    [['respond-async, handling=lenient'], true],
    [['handling=lenient,respond-async'], true],
    [['respond-async', 'handling=lenient'], true],
    [['respond-async;wait=10 , Handling = "Lenient"'], true],
    [['respond-async, handling=strict'], false],
    [['respond-async, handling=whatever'], false],
    [['respond-async, handling=strict, handling=lenient'], false],
    [['respond-async,separate-export-status'], false],
    [['return=minimal; foo="a,b", respond-async'], false],
  ])('%j is understood', (prefer, isLenient) => {
    expect(parseKickOff(request({ headers: { prefer } }), options).lenient).toBe(isLenient);
  });

  test.each<[string[]]>([[[]], [['']], [['handling=lenient']], [['x="respond-async"']]])(
    '%j lacks respond-async, which lenient headers allow',
    (prefer) => {
      const given = request({ headers: { prefer } });
      expect(faultsOf(given)).toEqual(['400 required Prefer']);
      expect(parseKickOff(given, lenientHeaders).level).toBe('system');
    },
  );
});

describe('a query', () => {
  test.each<[Level, string, Partial<KickOff>]>([
    ['system', '', { outputFormat: 'ndjson', lenient: false, notices: [] }],
    ['system', '_type=Patient', { types: ['Patient'] }],
    [
      'system',
      '_type=Patient,Observation&_type=Organization',
      { types: ['Patient', 'Observation', 'Organization'] },
    ],
    ['system', '_type=Patient%20,%20Observation,,Patient&', { types: ['Patient', 'Observation'] }],
    ['system', '_type=Patient,+Observation', { types: ['Patient', 'Observation'] }],
    ['system', '%5Ftype=Patient', { types: ['Patient'] }],
    ['group', '_type=Group', { types: ['Group'] }],
    ['patient', '_type=Patient,Person', { types: ['Patient', 'Person'] }],
    ['system', '_outputFormat=ndjson', { outputFormat: 'ndjson' }],
    ['system', '_outputFormat=application/ndjson', { outputFormat: 'ndjson' }],
    ['system', '_outputFormat=application%2Ffhir%2Bndjson', { outputFormat: 'ndjson' }],
    ['system', '_outputFormat=application/fhir+ndjson', { outputFormat: 'ndjson' }],
    ['system', '_outputFormat=application/fhir%20ndjson', { outputFormat: 'ndjson' }],
    ['system', '_outputFormat=Application/FHIR+NDJSON', { outputFormat: 'ndjson' }],
    ['system', '_outputFormat=application/fhir+ndjson+gzip', { outputFormat: 'ndjson+gzip' }],
    ['system', '_since=2026-01-02T03:04:05Z', { since: '2026-01-02T03:04:05.000000Z' }],
    ['system', '_since=2026-01-02T03:04:05.123456789Z', { since: '2026-01-02T03:04:05.123456Z' }],
    ['system', '_since=2026-01-02T03:04:05%2B05:00', { since: '2026-01-01T22:04:05.000000Z' }],
    ['system', '_since=2026-01-02T03:04:05+05:00', { since: '2026-01-01T22:04:05.000000Z' }],
    ['system', '_since=2026-01-02T03:04:05%2005:00', { since: '2026-01-01T22:04:05.000000Z' }],
    ['system', '_since=2016-12-31T23:59:60Z', { since: '2017-01-01T00:00:00.000000Z' }],
    ['system', '_since=2026-11-21T12:00:59Z', { since: '2026-11-21T12:00:59.000000Z' }],
    ['patient', 'patient=1', { patients: ['1'] }],
    ['patient', 'patient=1,Patient/2,/Patient/3&patient=1', { patients: ['1', '2', '3'] }],
    ['group', `patient=${baseUrl}/Patient/a.b-C/_history/7`, { patients: ['a.b-C'] }],
    ['system', '_format=json&_pretty=true', { outputFormat: 'ndjson' }],
    ['system', '_format=application/fhir+json', { outputFormat: 'ndjson' }],
  ])('at %s level, %s is accepted', (level, query, expected) => {
    expect(parseKickOff(request({ level, query }), options)).toMatchObject(expected);
  });

  test.each<[Level, string, string[], string[]]>([
    // level, query, faults in strict mode, faults in lenient mode
    ['system', 'foo=1', ['400 not-supported foo'], []],
    ['system', 'foo=1&foo=2&bar=1', ['400 not-supported foo', '400 not-supported bar'], []],
    ['system', '_TYPE=Patient', ['400 not-supported _TYPE'], []],
    ['system', '_outputFormat=application/xml', ['400 not-supported _outputFormat'], []],
    ['system', '_outputFormat=', ['400 not-supported _outputFormat'], []],
    ['system', '_outputFormat=constructor', ['400 not-supported _outputFormat'], []],
    [
      'system',
      '_outputFormat=ndjson&_outputFormat=ndjson',
      ['400 invalid _outputFormat'],
      ['400 invalid _outputFormat'],
    ],
    ['system', '_since=0000-60-01T30:70:80+05:00', ['400 value _since'], ['400 value _since']],
    ['system', '_since=2026-02-30T00:00:00Z', ['400 value _since'], ['400 value _since']],
    ['system', '_since=2026-01-01T00:00:00', ['400 value _since'], ['400 value _since']],
    ['system', '_since=2026-01-01T00:00Z', ['400 value _since'], ['400 value _since']],
    ['system', '_since=2026-01-01t00:00:00z', ['400 value _since'], ['400 value _since']],
    ['system', '_since=2057-01-01T00:00:00Z', ['400 value _since'], ['400 value _since']],
    ['system', '_since=2026-11-21T12:01:01Z', ['400 value _since'], ['400 value _since']],
    ['system', '_since=yesterday', ['400 value _since'], ['400 value _since']],
    ['system', '_since=', ['400 value _since'], ['400 value _since']],
    ['system', '_since=2026&_since=2026', ['400 invalid _since'], ['400 invalid _since']],
    ['system', '_type=MissingType', ['400 value _type'], ['400 value _type']],
    ['system', '_type=patient', ['400 value _type'], ['400 value _type']],
    [
      'system',
      '_type=Resource,Parameters',
      ['400 value _type', '400 value _type'],
      ['400 value _type'],
    ],
    ['system', '_type=Patient,MissingType', ['400 value _type'], []],
    ['system', '_type=', ['400 value _type'], ['400 value _type']],
    ['system', '_type=,%20,', ['400 value _type'], ['400 value _type']],
    ['patient', '_type=Binary', ['400 not-supported _type'], ['400 value _type']],
    ['group', '_type=Patient,Bundle', ['400 not-supported _type'], []],
    ['system', 'patient=1', ['400 invalid patient'], ['400 invalid patient']],
    ['patient', 'patient=', ['400 value patient'], ['400 value patient']],
    ['patient', 'patient=Group/1', ['400 invalid patient'], ['400 value patient']],
    ['patient', 'patient=1,urn:uuid:1', ['400 invalid patient'], []],
    ['patient', 'patient=https://elsewhere.org/fhir/Patient/1,2', ['400 invalid patient'], []],
    ['patient', 'patient=Patient/1/x', ['400 invalid patient'], ['400 value patient']],
    ['system', '_format=xml', ['400 not-supported _format'], []],
    ['system', '_type=%zz', ['400 invalid _type'], ['400 invalid _type']],
    ['system', '%zz=1', ['400 invalid "%zz=1"'], ['400 invalid "%zz=1"']],
  ])('at %s level, %s is refused', (level, query, strict, whenLenient) => {
    expect(faultsOf(request({ level, query }))).toEqual(strict);
    const given = request({ level, query, headers: lenient });
    if (whenLenient.length > 0) expect(faultsOf(given)).toEqual(whenLenient);
    else expect(parseKickOff(given, options).notices).toHaveLength(strict.length);
  });

  test('with faults of several kinds is answered with all of them', () => {
    const query = '_since=x&_type=Foo&bar=1&_outputFormat=xml';
    const { status, issues } = errorOf(
      request({ query, headers: { accept: undefined, prefer: [] } }),
    );
    expect(status).toBe(400);
    expect(issues.map(({ expression }) => expression?.[0])).toEqual([
      'Accept',
      'Prefer',
      'bar',
      '_outputFormat',
      '_since',
      '_type',
    ]);
  });

  test('with a partial date as _since is taken as the start of that period, and says so', () => {
    const parsed = parseKickOff(request({ query: '_since=2010-03' }), options);
    expect(parsed.since).toBe('2010-03-01T00:00:00.000000Z');
    expect(parsed.notices).toMatchObject([{ severity: 'warning', expression: ['_since'] }]);
  });

  test('that is lenient goes on with what is left, and names what was ignored', () => {
    const query = '_type=Foo,Patient&bar=1&_outputFormat=xml';
    const parsed = parseKickOff(request({ query, headers: lenient }), options);
    expect(parsed).toMatchObject({ types: ['Patient'], outputFormat: 'ndjson', lenient: true });
    expect(parsed.notices.map(({ severity, expression }) => [severity, expression?.[0]])).toEqual([
      ['warning', 'bar'],
      ['warning', '_outputFormat'],
      ['warning', '_type'],
    ]);
  });

  test('is repeated in the manifest as it was sent', () => {
    const url = `${baseUrl}/%24export?_type=Patient%2CObservation&_since=2026-01-01T00:00:00Z`;
    expect(parseKickOff(request({ url }), options).request).toBe(url);
  });

  test('with very many faults is answered with a bounded list', () => {
    const query = Array.from({ length: 500 }, (_, n) => `x${n}=1`).join('&');
    expect(errorOf(request({ query })).issues).toHaveLength(51);
    expect(parseKickOff(request({ query, headers: lenient }), options).notices).toHaveLength(51);
  });

  test('puts nothing into notices that a store could not keep', () => {
    const query = '%00=1&_type=Patient,%00';
    const { notices } = parseKickOff(request({ query, headers: lenient }), options);
    expect(JSON.stringify(notices)).not.toMatch(/[^\\]\\u0000/);
  });
});

describe('a body', () => {
  test.each(levels)('without parameters is accepted at %s level', (level) => {
    expect(parseKickOff(post([], { level }), options)).toMatchObject({ level });
  });

  test.each<[Level, object[], Partial<KickOff>]>([
    [
      'system',
      [
        { name: '_type', valueString: 'Patient,Observation' },
        { name: '_type', valueCode: 'Group' },
      ],
      { types: ['Patient', 'Observation', 'Group'] },
    ],
    [
      'system',
      [{ name: '_since', valueInstant: '2026-01-01T00:00:00Z' }],
      { since: '2026-01-01T00:00:00.000000Z' },
    ],
    [
      'system',
      [{ name: '_since', valueDateTime: '2026-01-01T00:00:00Z' }],
      { since: '2026-01-01T00:00:00.000000Z' },
    ],
    [
      'system',
      [{ name: '_since', valueString: '2026-01-01T00:00:00Z' }],
      { since: '2026-01-01T00:00:00.000000Z' },
    ],
    [
      'system',
      [{ name: '_since', valueDate: '2026-01-01' }],
      { since: '2026-01-01T00:00:00.000000Z' },
    ],
    [
      'system',
      [{ name: '_outputFormat', valueString: 'application/fhir+ndjson+gzip' }],
      { outputFormat: 'ndjson+gzip' },
    ],
    [
      'patient',
      [
        { name: 'patient', valueReference: { reference: 'Patient/1' } },
        { name: 'patient', valueReference: { reference: 'Patient/2' } },
      ],
      { patients: ['1', '2'] },
    ],
    ['group', [{ name: 'patient', valueString: '1,2' }], { patients: ['1', '2'] }],
    ['group', [{ name: 'patient', valueId: '1' }], { patients: ['1'] }],
  ])('at %s level with %j is accepted', (level, parameter, expected) => {
    expect(parseKickOff(post(parameter, { level }), options)).toMatchObject(expected);
  });

  test.each<[Level, object[], string[]]>([
    ['system', [{ name: '_type' }], ['400 invalid _type']],
    ['system', [{ name: '_type', valueBoolean: true }], ['400 invalid _type']],
    ['system', [{ name: '_since', valueInteger: 5 }], ['400 invalid _since']],
    ['system', [{ name: '_since', valueInstant: 'x' }], ['400 value _since']],
    ['system', [{ name: '_since', valueInstant: 7 }], ['400 invalid Parameters']],
    ['system', [{ name: '' }], ['400 invalid Parameters']],
    ['system', [{ valueString: 'x' }], ['400 invalid Parameters']],
    ['system', [{ name: '_foo', valueString: 'x' }], ['400 not-supported _foo']],
    [
      'system',
      [{ name: 'patient', valueReference: { reference: 'Patient/1' } }],
      ['400 invalid patient'],
    ],
    [
      'patient',
      [{ name: 'patient', valueReference: { identifier: { value: '1' } } }],
      ['400 invalid patient'],
    ],
    [
      'patient',
      [{ name: 'patient', valueReference: { reference: 'urn:uuid:9' } }],
      ['400 invalid patient'],
    ],
    ['patient', [{ name: 'patient', valueBoolean: true }], ['400 invalid patient']],
    ['patient', [{ name: 'patient' }], ['400 invalid patient']],
  ])('at %s level with %j is refused', (level, parameter, expected) => {
    expect(faultsOf(post(parameter, { level }))).toEqual(expected);
  });

  test.each([
    {},
    [],
    'text',
    5,
    null,
    true,
    { resourceType: 'Patient' },
    { resourceType: 'Parameters', parameter: {} },
  ])('%j is not a Parameters resource', (body) => {
    expect(faultsOf(post([], { body: sent(body) }))).toEqual(['400 invalid Parameters']);
  });

  test.each([undefined, 'application/json', 'application/x-www-form-urlencoded'])(
    'may be absent, with the parameters in the query and the Content-Type %s',
    (contentType) => {
      const without = request({ method: 'POST', headers: { contentType }, query: '_type=Patient' });
      expect(parseKickOff(without, options)).toMatchObject({ types: ['Patient'] });
    },
  );

  test.each([
    'application/fhir+json',
    'application/json',
    'application/json+fhir',
    'Application/JSON; charset="UTF-8"',
  ])('as %s is read', (contentType) => {
    const given = post([{ name: '_type', valueCode: 'Patient' }], { headers: { contentType } });
    expect(parseKickOff(given, options).types).toEqual(['Patient']);
  });

  test.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'application/xml',
    'application/json;charset=latin1',
    undefined,
  ])('as %s is answered 415', (contentType) => {
    const given = post([{ name: '_type', valueCode: 'Patient' }], { headers: { contentType } });
    expect(faultsOf(given)).toEqual(['415 not-supported Content-Type']);
  });

  test('goes together with a query, as long as no 0..1 parameter is in both', () => {
    const body = [{ name: '_type', valueString: 'Patient' }];
    const parsed = parseKickOff(post(body, { query: '_type=Group&_outputFormat=ndjson' }), options);
    expect(parsed.types).toEqual(['Group', 'Patient']);
    const twice = post([{ name: '_outputFormat', valueString: 'ndjson' }], {
      query: '_outputFormat=ndjson',
    });
    expect(faultsOf(twice)).toEqual(['400 invalid _outputFormat']);
  });

  test('may name very many patients, up to a limit', () => {
    const many = Array.from({ length: 100_000 }, (_, n) => ({
      name: 'patient',
      valueReference: { reference: `Patient/${n}` },
    }));
    const given = post(many, { level: 'patient' });
    expect(parseKickOff(given, options).patients).toHaveLength(100_000);
    expect(faultsOf(given, { ...options, maxPatients: 99_999 })).toEqual([
      '400 too-costly patient',
    ]);
  });

  test('that is lenient drops patients that are none', () => {
    const entries = [{ name: 'patient' }, { name: 'patient', valueString: '1,Group/2' }];
    const parsed = parseKickOff(post(entries, { level: 'patient', headers: lenient }), options);
    expect(parsed).toMatchObject({ patients: ['1'], notices: [{ expression: ['patient'] }] });
  });
});
