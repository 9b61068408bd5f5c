import { ExportError } from './errors.ts';
import type { KickOff, Level } from './export.ts';
import type { KickOffOptions, KickOffRequest } from './kick-off-request.ts';
import { parseKickOff } from './kick-off.ts';
import { readParametersBody } from './parameters-body.ts';

/*
 * SPEC A.7 to A.16 as tables: each row goes by GET and by POST, strict and lenient. Parameters are
 * written `name=value`, the value as it is before a query string would encode it.
 */

const now = Date.parse('2026-11-21T12:00:00.000Z');
const baseUrl = 'https://fhir.example.org/fhir';
const options: KickOffOptions = { headers: 'strict', now, baseUrl };
const levels: readonly Level[] = ['system', 'patient', 'group'];

type Method = 'GET' | 'POST';
type Mode = 'strict' | 'lenient';
const ways: readonly [Method, Mode][] = [
  ['GET', 'strict'],
  ['GET', 'lenient'],
  ['POST', 'strict'],
  ['POST', 'lenient'],
];

const forms: Readonly<Record<string, string>> = {
  _since: 'valueInstant',
  _until: 'valueInstant',
  _till: 'valueInstant',
  includeAssociatedData: 'valueCode',
};

function request(level: Level, given: readonly string[], method: Method, mode: Mode) {
  const pairs = given.map((text) => {
    const at = text.indexOf('=');
    return [text.slice(0, at), text.slice(at + 1)] as const;
  });
  const query = pairs.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&');
  const body = pairs.map(([name, value]) => {
    const isBoolean = value === 'true' || value === 'false';
    return { name, form: isBoolean ? 'valueBoolean' : (forms[name] ?? 'valueString'), value };
  });
  return {
    level,
    method,
    url: `${baseUrl}/$export`,
    query: method === 'GET' ? query : '',
    ...(method === 'GET' ? {} : { body }),
    headers: {
      accept: 'application/fhir+json',
      prefer: [mode === 'lenient' ? 'respond-async, handling=lenient' : 'respond-async'],
      ...(method === 'GET' ? {} : { contentType: 'application/fhir+json' }),
    },
  } satisfies KickOffRequest;
}

interface Outcome {
  readonly kickOff?: KickOff;
  /** `400 value _until`, one for each fault. */
  readonly faults: readonly string[];
  /** `value _until`, one for each notice. */
  readonly notices: readonly string[];
  readonly texts: string;
}

function outcome(given: KickOffRequest, allowed: KickOffOptions): Outcome {
  try {
    const kickOff = parseKickOff(given, allowed);
    const notices = kickOff.notices.map(({ severity, code, expression, text }) => {
      expect([severity, text.length < 700]).toEqual(['warning', true]);
      return `${code} ${expression?.join() ?? ''}`;
    });
    const texts = kickOff.notices.map(({ text }) => text).join('\n');
    return { kickOff, faults: [], notices, texts };
  } catch (error) {
    if (!(error instanceof ExportError)) throw error;
    const faults = error.issues.map(
      ({ code, expression }) => `${error.status} ${code} ${expression?.join() ?? ''}`,
    );
    return { faults, notices: [], texts: error.message };
  }
}

/** Parameters that mean the same in every way of sending them, and nothing is said about them. */
function accepts(
  level: Level,
  given: readonly string[],
  expected: Partial<KickOff>,
  allowed: KickOffOptions = options,
): void {
  for (const [method, mode] of ways) {
    const { kickOff, faults, notices } = outcome(request(level, given, method, mode), allowed);
    expect([method, mode, faults, notices]).toEqual([method, mode, [], []]);
    expect(kickOff).toMatchObject(expected);
    expect(selectionOf(kickOff)).toEqual(Object.keys(expected).sort());
  }
}

/** Which selections came out of it, so that a row cannot overlook one. */
function selectionOf(kickOff: KickOff | undefined): string[] {
  const selections = [
    'types',
    'since',
    'until',
    'typeFilters',
    'elements',
    'associated',
    'patients',
  ];
  return Object.keys(kickOff ?? {})
    .filter((name) => selections.includes(name))
    .sort();
}

/** What is refused in strict mode; `whenLenient` are faults in lenient mode too, or what was made of it. */
function refuses(
  level: Level,
  given: readonly string[],
  strict: readonly string[],
  whenLenient: readonly string[] | Partial<KickOff>,
  allowed: KickOffOptions = options,
): void {
  for (const [method, mode] of ways) {
    const { kickOff, faults, notices } = outcome(request(level, given, method, mode), allowed);
    if (mode === 'strict') expect([method, faults]).toEqual([method, strict]);
    else if (whenLenient instanceof Array) expect([method, faults]).toEqual([method, whenLenient]);
    else {
      expect(faults).toEqual([]);
      expect(notices).toEqual(strict.map((fault) => fault.slice('400 '.length)));
      expect(kickOff).toMatchObject(whenLenient);
      expect(selectionOf(kickOff)).toEqual(Object.keys(whenLenient).sort());
    }
  }
}

function says(level: Level, given: readonly string[], mode: Mode, pattern: RegExp): void {
  for (const method of ['GET', 'POST'] as const) {
    expect(outcome(request(level, given, method, mode), options).texts).toMatch(pattern);
  }
}

describe('_until and _till', () => {
  test.each<[string[], Partial<KickOff>]>([
    [['_until=2026-01-02T03:04:05Z'], { until: '2026-01-02T03:04:05.000000Z' }],
    [['_till=2026-01-02T03:04:05Z'], { until: '2026-01-02T03:04:05.000000Z' }],
    [['_until=2026-01-02T03:04:05.123456789Z'], { until: '2026-01-02T03:04:05.123456Z' }],
    [['_until=2026-01-02T03:04:05+05:00'], { until: '2026-01-01T22:04:05.000000Z' }],
    [['_until=2026-01-02T03:04:05 05:00'], { until: '2026-01-01T22:04:05.000000Z' }],
    [['_until=2016-12-31T23:59:60Z'], { until: '2017-01-01T00:00:00.000000Z' }],
    [
      ['_since=2026-01-01T00:00:00Z', '_until=2026-01-01T00:00:00.000001Z'],
      { since: '2026-01-01T00:00:00.000000Z', until: '2026-01-01T00:00:00.000001Z' },
    ],
    [['_until=2026-11-21T11:59:59.999Z'], { until: '2026-11-21T11:59:59.999000Z' }],
    // At or after the kick-off it says nothing.
    [['_until=2026-11-21T12:00:00Z'], {}],
    [['_until=2057-01-01T00:00:00Z'], {}],
    [
      ['_since=2026-01-01T00:00:00Z', '_till=2057-01-01T00:00:00Z'],
      { since: '2026-01-01T00:00:00.000000Z' },
    ],
  ])('%j is accepted at every level', (given, expected) => {
    for (const level of levels) accepts(level, given, expected);
  });

  test.each<[string[], string[]]>([
    [['_until=x'], ['400 value _until']],
    [['_until='], ['400 value _until']],
    [['_until=2026-02-30T00:00:00Z'], ['400 value _until']],
    [['_until=2026-01-01T00:00:00'], ['400 value _until']],
    [['_till=0000-60-01T30:70:80+05:00'], ['400 value _till']],
    [['_until=2026-01-01T00:00:00Z', '_until=2026-01-01T00:00:00Z'], ['400 invalid _until']],
    [['_until=2026-01-01T00:00:00Z', '_till=2026-01-01T00:00:00Z'], ['400 invalid _till']],
    [['_since=2026-01-01T00:00:00Z', '_until=2026-01-01T00:00:00Z'], ['400 value _until']],
    [['_since=2026-01-01T00:00:01Z', '_till=2026-01-01T00:00:00Z'], ['400 value _till']],
    [
      ['_since=x', '_until=y'],
      ['400 value _since', '400 value _until'],
    ],
  ])('%j is refused in both modes at every level', (given, faults) => {
    for (const level of levels) refuses(level, given, faults, faults);
  });

  test.each<[string, string]>([
    ['2010', '2010-01-01T00:00:00.000000Z'],
    ['2010-03', '2010-03-01T00:00:00.000000Z'],
    ['2010-03-04', '2010-03-04T00:00:00.000000Z'],
  ])('the date %s is taken as the start of that period, and that is said', (date, until) => {
    for (const [method, mode] of ways) {
      const { kickOff, notices } = outcome(
        request('system', [`_until=${date}`], method, mode),
        options,
      );
      expect([kickOff?.until, notices]).toEqual([until, ['value _until']]);
    }
  });

  test('_till can be kept to system level, _until is for every level all the same', () => {
    const allowed = { ...options, tillSystemOnly: true };
    const until = '2026-01-01T00:00:00.000000Z';
    accepts('system', [`_till=${until}`], { until }, allowed);
    for (const level of ['patient', 'group'] as const) {
      accepts(level, [`_until=${until}`], { until }, allowed);
      const faults = ['400 not-supported _till'];
      refuses(level, [`_till=${until}`], faults, faults, allowed);
    }
  });
});

describe('_type below system level', () => {
  test.each(['Practitioner', 'Organization', 'Location', 'Medication', 'Device'])(
    '%s is accepted, unless there are no supporting resources',
    (type) => {
      const off = { ...options, supportingResources: 'off' } as const;
      const faults = ['400 not-supported _type'];
      for (const level of ['patient', 'group'] as const) {
        accepts(level, [`_type=Patient,${type}`], { types: ['Patient', type] });
        accepts(level, [`_type=${type}`], { types: [type] });
        refuses(level, [`_type=Patient,${type}`], faults, { types: ['Patient'] }, off);
        refuses(level, [`_type=${type}`], faults, ['400 value _type'], off);
      }
    },
  );

  test.each(['Binary', 'Bundle'])('%s stays refused', (type) => {
    const faults = ['400 not-supported _type'];
    for (const level of ['patient', 'group'] as const) {
      refuses(level, [`_type=Patient,${type}`], faults, { types: ['Patient'] });
      refuses(level, [`_type=${type}`], faults, ['400 value _type']);
    }
    accepts('system', [`_type=${type}`], { types: [type] });
  });
});

describe('_typeFilter', () => {
  test.each<[Level, string[], KickOff['typeFilters']]>([
    ['system', ['_typeFilter=Patient?active=true'], { Patient: ['active=true'] }],
    // Alternatives of one type, by repetition, by the comma lists of version 2, and both.
    [
      'system',
      ['_typeFilter=Patient?gender=male', '_typeFilter=Patient?gender=female'],
      { Patient: ['gender=male', 'gender=female'] },
    ],
    [
      'patient',
      ['_typeFilter=Observation?code=a,Condition?code=b,Observation?code=c'],
      { Observation: ['code=a', 'code=c'], Condition: ['code=b'] },
    ],
    [
      'group',
      ['_typeFilter=Observation?code=a, Condition?code=b', '_typeFilter= Observation?code=c '],
      { Observation: ['code=a', 'code=c'], Condition: ['code=b'] },
    ],
    // A comma splits only before another Type?.
    [
      'system',
      ['_typeFilter=MedicationRequest?status=active,completed,Patient?gender=male,female'],
      { MedicationRequest: ['status=active,completed'], Patient: ['gender=male,female'] },
    ],
    ['system', ['_typeFilter=Patient?name=a\\,Patient?b'], { Patient: ['name=a\\,Patient?b'] }],
    [
      'system',
      ['_typeFilter=Patient?name=a\\\\,Patient?name=b'],
      { Patient: ['name=a\\\\', 'name=b'] },
    ],
    ['system', ['_typeFilter=Patient?name=Smith,Really'], { Patient: ['name=Smith,Really'] }],
    // What is percent-encoded stays so: the inner query is for the search engine to decode, once.
    [
      'system',
      ['_typeFilter=Observation?code=http%3A%2F%2Floinc.org%7C8867-4&date=ge2020'],
      { Observation: ['code=http%3A%2F%2Floinc.org%7C8867-4&date=ge2020'] },
    ],
    ['system', ['_typeFilter=Patient?name=a%2CPatient?b'], { Patient: ['name=a%2CPatient?b'] }],
    // The same filter twice is one.
    [
      'system',
      ['_typeFilter=Patient?active=true', '_typeFilter=Patient?active=true'],
      { Patient: ['active=true'] },
    ],
    ['patient', ['_typeFilter=Practitioner?active=true'], { Practitioner: ['active=true'] }],
  ])('at %s level %j is accepted', (level, given, typeFilters) => {
    for (const [method, mode] of ways) {
      const { kickOff, notices } = outcome(request(level, given, method, mode), options);
      expect([kickOff?.typeFilters, notices]).toEqual([typeFilters, []]);
    }
  });

  test('a query that was encoded once only is decoded for good where it is in a URL', () => {
    const given = request('system', [], 'GET', 'strict');
    const query = '_typeFilter=Observation?code=http://loinc.org%7C8867-4,x';
    expect(parseKickOff({ ...given, query }, options).typeFilters).toEqual({
      Observation: ['code=http://loinc.org|8867-4,x'],
    });
  });

  test.each<[Level, string[]]>([
    ['system', ['_typeFilter=']],
    ['system', ['_typeFilter=Patient']],
    ['system', ['_typeFilter=Patient?']],
    ['system', ['_typeFilter=?x=y']],
    ['system', ['_typeFilter=x=y']],
    ['system', ['_typeFilter=Patient/1?active=true']],
    ['system', ['_typeFilter=/Patient?active=true']],
    ['system', ['_typeFilter=Patient/1/Observation?code=x']],
    ['system', [`_typeFilter=${baseUrl}/Patient?active=true`]],
    ['system', ['_typeFilter=patient?active=true']],
    ['system', ['_typeFilter=Foo?active=true']],
    ['system', ['_typeFilter=constructor?active=true']],
    ['system', ['_typeFilter=Parameters?_id=1']],
    ['system', ['_typeFilter=Resource?_id=1']],
    ['system', ['_typeFilter=Patient?name=a,Foo?name=b']],
    ['system', ['_typeFilter=Patient?active']],
    ['system', ['_typeFilter=Patient?=true']],
    ['system', ['_typeFilter=Patient?name=%zz']],
    ['system', ['_typeFilter=Patient?name=a\u0000b']],
    ['system', ['_typeFilter=Patient?name=a%00b']],
    ['system', ['_typeFilter=Patient?name=%C2%80']],
    ['system', ['_typeFilter=Patient?birthdate=yesterday']],
    ['patient', ['_typeFilter=Observation?date=ge2020-13']],
    ...[
      '_sort=code',
      '_count=10',
      '_include=Observation:subject',
      '_revinclude=Provenance:target',
      '_elements=id',
      '_summary=true',
      '_total=accurate',
      '_contained=true',
    ].map((query): [Level, string[]] => ['group', [`_typeFilter=Observation?code=x&${query}`]]),
  ])('at %s level %j is invalid in both modes', (level, given) => {
    const faults = ['400 invalid _typeFilter'];
    refuses(level, given, faults, faults);
  });

  test.each<[Level, string[], Partial<KickOff>]>([
    ['system', ['_typeFilter=Patient?status=active'], {}],
    ['system', ['_typeFilter=Patient?foo=1'], {}],
    ['system', ['_typeFilter=Patient?gender:in=http://x/vs'], {}],
    ['system', ['_typeFilter=Observation?subject.name=x'], {}],
    ['system', ['_typeFilter=Observation?subject:Patient.name=x'], {}],
    ['system', ['_typeFilter=Patient?_has:Observation:patient:code=x'], {}],
    ['system', ['_typeFilter=Observation?code-value-quantity=x$1'], {}],
    [
      'patient',
      ['_typeFilter=Patient?status=active', '_typeFilter=Patient?gender=male'],
      { typeFilters: { Patient: ['gender=male'] } },
    ],
    [
      'group',
      ['_typeFilter=Patient?status=active,Observation?code=x', '_type=Patient,Observation'],
      { typeFilters: { Observation: ['code=x'] }, types: ['Patient', 'Observation'] },
    ],
  ])('at %s level %j is not supported, and left out when lenient', (level, given, kept) => {
    refuses(level, given, ['400 not-supported _typeFilter'], kept);
  });

  test('that it is left out is told, and whether its type then comes unfiltered', () => {
    const unsupported = '_typeFilter=Patient?status=active';
    says('system', [unsupported], 'lenient', /status.* so every Patient was exported/);
    const more = '_typeFilter=Patient?gender=male';
    says(
      'system',
      [unsupported, more],
      'lenient',
      /status.* other filters of that type were obeyed/,
    );
  });

  test.each<[Level, string[], Partial<KickOff>]>([
    ['system', ['_type=Patient', '_typeFilter=Observation?code=x'], { types: ['Patient'] }],
    ['system', ['_type=Patient', '_typeFilter=Observation?foo=x'], { types: ['Patient'] }],
    [
      'patient',
      ['_type=Patient,Group', '_typeFilter=Observation?code=x,Group?type=person'],
      { types: ['Patient', 'Group'], typeFilters: { Group: ['type=person'] } },
    ],
    // Without _type a Group comes along only at system level.
    ['group', ['_typeFilter=Group?type=person'], {}],
  ])('at %s level %j has no effect, which is told in both modes', (level, given, expected) => {
    for (const [method, mode] of ways) {
      const { kickOff, notices } = outcome(request(level, given, method, mode), options);
      expect(kickOff).toMatchObject(expected);
      expect(selectionOf(kickOff)).toEqual(Object.keys(expected).sort());
      expect(notices).toEqual(['value _typeFilter']);
    }
  });

  test('a type that the level cannot hold cannot be filtered', () => {
    const faults = ['400 not-supported _typeFilter'];
    const off = { ...options, supportingResources: 'off' } as const;
    for (const level of ['patient', 'group'] as const) {
      refuses(level, ['_typeFilter=Binary?contenttype=text/plain'], faults, {});
      refuses(level, ['_typeFilter=Practitioner?active=true'], faults, {}, off);
    }
  });

  test('a filter of 8,192 characters is taken, and a longer one refused', () => {
    const query = `name=${'a'.repeat(8192 - 'Patient?name='.length)}`;
    accepts('system', [`_typeFilter=Patient?${query}`], { typeFilters: { Patient: [query] } });
    const faults = ['400 too-costly _typeFilter'];
    refuses('system', [`_typeFilter=Patient?${query}a`], faults, faults);
  });

  test('filters of more than 262,144 characters together are refused', () => {
    const queries = Array.from({ length: 33 }, (_, n) => `name=${n}${'a'.repeat(8000)}`);
    const given = queries.map((query) => `_typeFilter=Patient?${query}`);
    accepts('system', given.slice(1), { typeFilters: { Patient: queries.slice(1) } });
    const faults = ['400 too-costly _typeFilter'];
    refuses('system', given, faults, faults);
  });

  test('very many queries are refused', () => {
    const given = Array.from({ length: 1001 }, (_, n) => `_typeFilter=Patient?_id=${n}`);
    const faults = ['400 too-costly _typeFilter'];
    refuses('system', given, faults, faults);
  });
});

describe('_elements', () => {
  test.each<[string[], KickOff['elements']]>([
    [['_elements=id'], { '*': ['id'] }],
    [['_elements=id,Patient.meta'], { '*': ['id'], Patient: ['meta'] }],
    [
      ['_elements=Patient.birthDate, status', '_elements=Patient.name,status,'],
      { Patient: ['birthDate', 'name'], '*': ['status'] },
    ],
    [
      ['_elements=value,Observation.valueQuantity'],
      { '*': ['value'], Observation: ['valueQuantity'] },
    ],
    [
      ['_elements=resourceType,Patient.resourceType'],
      { '*': ['resourceType'], Patient: ['resourceType'] },
    ],
    [['_elements=text,extension,contained'], { '*': ['text', 'extension', 'contained'] }],
  ])('%j is accepted at every level', (given, elements) => {
    for (const level of levels) accepts(level, given, { elements: elements ?? {} });
  });

  test.each<[string[], string[], Partial<KickOff>]>([
    [['_elements='], ['400 invalid _elements'], {}],
    [['_elements=,'], ['400 invalid _elements'], {}],
    [['_elements=a.b.c'], ['400 invalid _elements'], {}],
    [['_elements=x.id'], ['400 invalid _elements'], {}],
    [['_elements=name.given'], ['400 invalid _elements'], {}],
    [['_elements=x-y'], ['400 invalid _elements'], {}],
    [['_elements=*'], ['400 invalid _elements'], {}],
    [['_elements=Patient.'], ['400 invalid _elements'], {}],
    [['_elements=Patient.*'], ['400 invalid _elements'], {}],
    [['_elements=value[x]'], ['400 invalid _elements'], {}],
    [['_elements=constructor'], ['400 value _elements'], {}],
    [['_elements=Patient.foo'], ['400 value _elements'], {}],
    [['_elements=Patient.status'], ['400 value _elements'], {}],
    [['_elements=foo,id'], ['400 value _elements'], { elements: { '*': ['id'] } }],
    [
      ['_elements=a.b.c,foo', '_elements=Patient.name,x-y'],
      ['400 invalid _elements', '400 value _elements'],
      { elements: { Patient: ['name'] } },
    ],
  ])('%j is refused, and ignored when lenient', (given, faults, kept) => {
    for (const level of levels) refuses(level, given, faults, kept);
  });

  test('that resources come whole, as nothing is left, is told', () => {
    says('system', ['_elements=foo'], 'lenient', /"foo"\. So resources came whole/);
    says('system', ['_elements=foo,id'], 'lenient', /"foo"\. They were left out/);
  });

  test('very many elements are refused', () => {
    const faults = ['400 too-costly _elements'];
    const names = Array.from({ length: 1001 }, (_, n) => `x${n}`).join(',');
    refuses('system', [`_elements=${names}`], faults, faults);
  });
});

describe('includeAssociatedData', () => {
  const latest = 'LatestProvenanceResources';
  const relevant = 'RelevantProvenanceResources';

  test.each<[string[], KickOff['associated']]>([
    [[latest], { provenance: 'latest' }],
    [[relevant], { provenance: 'relevant' }],
    [[latest, relevant], { provenance: 'relevant' }],
    [[`${relevant},${latest}`], { provenance: 'relevant' }],
    [['_history'], { history: true }],
    [['_deleted'], { deleted: true }],
    [['_history,_deleted', ` ${latest} `], { provenance: 'latest', history: true, deleted: true }],
  ])('%j is accepted at every level', (values, associated) => {
    const given = values.map((value) => `includeAssociatedData=${value}`);
    for (const level of levels) accepts(level, given, { associated: associated ?? {} });
  });

  test.each(['valueCode', 'valueString'])('in a body it may be a %s or a Coding', (form) => {
    const given = request('system', [], 'POST', 'strict');
    const parameter = [
      { name: 'includeAssociatedData', [form]: latest },
      { name: 'includeAssociatedData', valueCoding: { system: 'http://x', code: '_history' } },
    ];
    const sent = JSON.stringify({ resourceType: 'Parameters', parameter });
    const body = readParametersBody(Buffer.from(sent));
    expect(parseKickOff({ ...given, body }, options).associated).toEqual({
      provenance: 'latest',
      history: true,
    });
  });

  test.each<[string[], Partial<KickOff>]>([
    [['x'], {}],
    [[''], {}],
    [[latest.toLowerCase()], {}],
    [['_other'], {}],
    [[`x,${latest}`, 'y'], { associated: { provenance: 'latest' } }],
  ])('%j is not supported, and ignored when lenient', (values, kept) => {
    const given = values.map((value) => `includeAssociatedData=${value}`);
    const faults = ['400 not-supported includeAssociatedData'];
    for (const level of levels) refuses(level, given, faults, kept);
  });

  test('Provenance goes with filters, other versions do not', () => {
    const filter = '_typeFilter=Patient?active=true';
    const typeFilters = { Patient: ['active=true'] };
    const faults = ['400 not-supported includeAssociatedData'];
    for (const level of levels) {
      accepts(level, [filter, `includeAssociatedData=${latest}`], {
        typeFilters,
        associated: { provenance: 'latest' },
      });
      for (const value of ['_history', '_deleted', '_history,_deleted']) {
        refuses(level, [filter, `includeAssociatedData=${value}`], faults, { typeFilters });
      }
      refuses(level, [filter, `includeAssociatedData=_deleted,${relevant}`], faults, {
        typeFilters,
        associated: { provenance: 'relevant' },
      });
    }
  });

  test('a filter without effect stands in nothing’s way', () => {
    const given = [
      '_type=Patient',
      '_typeFilter=Group?type=person',
      'includeAssociatedData=_history',
    ];
    for (const mode of ['strict', 'lenient'] as const) {
      const { kickOff } = outcome(request('system', given, 'GET', mode), options);
      expect(kickOff?.associated).toEqual({ history: true });
    }
  });
});

describe('what is not supported', () => {
  test.each<[string[], string[], RegExp]>([
    [['organizeOutputBy=Patient'], ['400 not-supported organizeOutputBy'], /one type/],
    [['allowPartialManifests=true'], ['400 not-supported allowPartialManifests'], /one manifest/],
    [['allowPartialManifests=yes'], ['400 value allowPartialManifests'], /one manifest/],
    [['allowPartialManifests='], ['400 value allowPartialManifests'], /one manifest/],
    [['_container=x'], ['400 not-supported _container'], /files/],
    [['_filter=active=true'], ['400 not-supported _filter'], /ignored/],
    [['_includeAssociatedData=x'], ['400 not-supported _includeAssociatedData'], /ignored/],
    [['_TYPEFILTER=x'], ['400 not-supported _TYPEFILTER'], /ignored/],
  ])('%j is refused, and ignored when lenient', (given, faults, remedy) => {
    for (const level of levels) {
      refuses(level, given, faults, {});
      says(level, given, 'lenient', remedy);
    }
  });

  test('allowPartialManifests=false asks for what there is', () => {
    for (const level of levels) accepts(level, ['allowPartialManifests=false'], {});
  });
});

describe('patient', () => {
  test.each<[string[], string[]]>([
    [['patient=1'], ['1']],
    [
      ['patient=Patient/1,2', 'patient=/Patient/3'],
      ['1', '2', '3'],
    ],
  ])('%j is accepted at patient and group level', (given, patients) => {
    for (const level of ['patient', 'group'] as const) accepts(level, given, { patients });
  });

  test('at system level it is refused in both modes', () => {
    refuses('system', ['patient=1'], ['400 invalid patient'], ['400 invalid patient']);
  });

  test('it can be kept out of queries', () => {
    const allowed = { ...options, patientParamGet: 'off' } as const;
    for (const [method, mode] of ways) {
      const { kickOff, faults } = outcome(request('patient', ['patient=1'], method, mode), allowed);
      expect(method === 'GET' ? faults : kickOff?.patients).toEqual(
        method === 'GET' ? ['400 invalid patient'] : ['1'],
      );
    }
    const both = { ...request('patient', ['patient=1'], 'POST', 'lenient'), query: 'patient=2' };
    expect(outcome(both, allowed).faults).toEqual(['400 invalid patient']);
  });
});
