import { operationOutcome } from './operation-outcome.ts';

test('every issue given is reported, with what is not given left out', () => {
  expect(
    operationOutcome([
      { severity: 'error', code: 'value', text: '_since is no instant', expression: ['_since'] },
      { severity: 'warning', code: 'not-supported', text: 'ignored', diagnostics: 'd' },
    ]),
  ).toEqual({
    resourceType: 'OperationOutcome',
    issue: [
      {
        severity: 'error',
        code: 'value',
        details: { text: '_since is no instant' },
        expression: ['_since'],
      },
      {
        severity: 'warning',
        code: 'not-supported',
        details: { text: 'ignored' },
        diagnostics: 'd',
      },
    ],
  });
});

test('an outcome without an issue is refused', () => {
  expect(() => operationOutcome([])).toThrow(TypeError);
});
