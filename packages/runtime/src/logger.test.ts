import { errorFacts } from './logger.ts';

test('the facts of an error have its causes, and no query of a URL', () => {
  const cause = Object.assign(
    new Error('GET https://host/a/b.ndjson?X-Amz-Signature=secret was reset'),
    {
      code: 'ECONNRESET',
    },
  );
  const facts = errorFacts(new Error('the file cannot be read', { cause }));
  expect(facts).toMatchObject({
    error: 'the file cannot be read',
    cause: { error: 'GET https://host/a/b.ndjson?… was reset', code: 'ECONNRESET' },
  });
  expect(JSON.stringify(facts)).not.toContain('secret');
});
