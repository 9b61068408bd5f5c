import type { Dialect } from './dialect.ts';
import type { Export } from './export.ts';
import type { Manifest } from './manifest.ts';
import { statusResponse, type StatusFacts } from './status-response.ts';

const requestedAt = '2026-11-21T12:00:00.000Z';
const start = Date.parse(requestedAt);
const waiting: Export = {
  id: '11111111-1111-4111-8111-111111111111',
  state: 'accepted',
  kickOff: {
    level: 'system',
    request: 'http://x/fhir/$export',
    baseUrl: 'http://x/fhir',
    outputFormat: 'ndjson',
    lenient: false,
    notices: [],
  },
  subject: 'anonymous',
  requestedAt,
  transactionTime: requestedAt,
  settled: true,
  folder: 'f',
  partsTotal: 0,
  stageEnds: [],
  hasJoinedMembers: false,
  partsCompleted: 0,
  resourcesEstimated: 0,
};
const accepted: Export = { ...waiting, slot: 'system/0' };
const running: Export = {
  ...accepted,
  state: 'running',
  partsTotal: 8,
  partsCompleted: 2,
  resourcesEstimated: 1000,
};
const completed: Export = {
  ...running,
  state: 'completed',
  completedAt: requestedAt,
  expiresAt: '2026-11-28T12:00:00.000Z',
};
const manifest: Manifest = {
  transactionTime: requestedAt,
  request: 'r',
  requiresAccessToken: false,
  output: [],
  error: [],
};
const facts: StatusFacts = { now: start, manifest };

describe('progress', () => {
  test.each<[string, Export, StatusFacts['progress'], string]>([
    ['waiting for a slot', waiting, undefined, '0% queued, waiting for a free slot'],
    ['scheduled', accepted, undefined, '0% scheduled'],
    ['planning', { ...accepted, state: 'planning' }, undefined, '0% planning'],
    ['running', running, undefined, '25% complete, 2 of 8 parts'],
    [
      'running, with live counters',
      running,
      { resources: 420, bytes: 9 },
      '42% complete, 2 of 8 parts, 420 resources',
    ],
    [
      'running, with counters that were lost',
      running,
      { resources: 0, bytes: 0 },
      '25% complete, 2 of 8 parts, 0 resources',
    ],
    ['nearly over', { ...running, partsCompleted: 8 }, undefined, '99% complete, 8 of 8 parts'],
    [
      'beyond the estimate',
      running,
      { resources: 5000, bytes: 9 },
      '99% complete, 2 of 8 parts, 5000 resources',
    ],
  ])('of an export that is %s', (_title, found, progress, expected) => {
    const { status, headers, body } = statusResponse(found, { ...facts, progress });
    expect([status, body]).toEqual([202, undefined]);
    expect(headers['X-Progress']).toBe(expected);
    expect(expected).toMatch(/^\d+% .{1,90}$/);
  });

  test.each([
    [0, '1'],
    [29, '1'],
    [44, '1'],
    [45, '2'],
    [75, '4'],
    [165, '10'],
    [86_400, '10'],
    [-5, '1'],
  ])('after %d s asks to come back in %s s', (seconds, expected) => {
    const { headers } = statusResponse(running, { ...facts, now: start + seconds * 1000 });
    expect(headers['Retry-After']).toBe(expected);
  });
});

test('a completed export is answered with its manifest and the time it vanishes', () => {
  expect(statusResponse(completed, facts)).toEqual({
    status: 200,
    headers: { 'Content-Type': 'application/json', Expires: 'Sat, 28 Nov 2026 12:00:00 GMT' },
    body: manifest,
  });
});

test('a failed export answers its cause', () => {
  const failure = {
    severity: 'error',
    code: 'timeout',
    text: 'No progress for 10 minutes.',
  } as const;
  const { status, headers, body } = statusResponse({ ...running, state: 'failed', failure }, facts);
  expect([status, headers['Content-Type']]).toEqual([500, 'application/fhir+json']);
  expect(body).toMatchObject({ issue: [{ code: 'timeout', details: { text: failure.text } }] });
});

test('unknown, cancelled and expired exports are answered alike', () => {
  const unknown = statusResponse(undefined, facts);
  expect(unknown).toMatchObject({ status: 404, body: { issue: [{ code: 'not-found' }] } });
  for (const found of [
    { ...running, state: 'cancelled' as const },
    { ...completed, state: 'expired' as const },
    { ...completed, expiresAt: requestedAt },
  ]) {
    expect(statusResponse(found, facts)).toEqual(unknown);
  }
});

describe('dialects', () => {
  const dialect: Dialect = {
    retryAfterUnit: 'milliseconds',
    progressForm: 'word',
    notFoundCode: 'forbidden',
    manifestStatus: true,
  };

  test.each<[Export, string | undefined]>([
    [accepted, 'scheduled'],
    [{ ...accepted, state: 'planning' }, 'started'],
    [running, 'started'],
    [completed, 'completed'],
  ])('progress can be a word, and Retry-After milliseconds', (found, word) => {
    const { headers } = statusResponse(found, { ...facts, dialect });
    expect(headers['X-Progress']).toBe(word);
    expect(headers['Retry-After']).toBe(found.state === 'completed' ? undefined : '1000');
  });

  test('an export that is not there can be forbidden, whatever the reason', () => {
    expect(statusResponse(undefined, { ...facts, dialect })).toMatchObject({
      status: 404,
      body: { issue: [{ code: 'forbidden', details: { text: 'The request is not available.' } }] },
    });
  });
});
