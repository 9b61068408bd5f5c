import { ResourceTextError } from '@sluice/fhir';
import { lineFault } from './line-fault.ts';

interface Outcome {
  issue: { severity: string; code: string; details: { text: string }; diagnostics: string }[];
}

const faultOf = (line: string, error: unknown) => {
  const text = lineFault('Patient', Buffer.from(line), error);
  expect(text.indexOf('\n')).toBe(text.length - 1);
  return (JSON.parse(text) as Outcome).issue[0];
};

test('a fault names the resource and the reason', () => {
  const error = new ResourceTextError('meta must be an object');
  expect(faultOf('{"id":"p-1","meta":1}', error)).toEqual({
    severity: 'error',
    code: 'exception',
    details: { text: 'Patient/p-1 could not be processed, and was left out.' },
    diagnostics: 'The stored text is at fault: meta must be an object.',
  });
});

test.each(['{"id":"p 1"}', '{"id":1}', '{"id":', 'secret', ''])(
  '%j names only the type',
  (line) => {
    expect(faultOf(line, new Error('x'))?.details.text).toMatch(
      /^A resource of type Patient could/,
    );
  },
);

test('nothing of the text is quoted', () => {
  const line = '{"id":"p","secret":"secret"';
  let error: unknown;
  try {
    JSON.parse(line);
  } catch (thrown) {
    error = thrown;
  }
  expect(JSON.stringify(faultOf(line, error))).not.toContain('secret');
  expect(JSON.stringify(faultOf(line, new TypeError('secret')))).not.toContain('secret');
});
