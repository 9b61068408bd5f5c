import { auditEventResource } from './audit-event.ts';

test('a download says who fetched what, when and from where', () => {
  const event = auditEventResource({
    at: '2026-05-01T12:00:00.000Z',
    action: 'download',
    succeeded: true,
    subject: 'loader',
    client: 'loader',
    address: '192.0.2.7',
    requestId: 'r1',
    exportId: '99999999-9999-4999-8999-999999999999',
    detail: { file: 'Patient-1-1.ndjson', bytes: 12 },
  });
  expect(event).toMatchObject({
    resourceType: 'AuditEvent',
    action: 'R',
    recorded: '2026-05-01T12:00:00.000Z',
    outcome: '0',
    agent: [{ altId: 'loader', requestor: true, network: { address: '192.0.2.7', type: '2' } }],
    entity: [
      { what: { identifier: { value: '99999999-9999-4999-8999-999999999999' } } },
      { name: 'X-Request-Id', description: 'r1' },
      {
        detail: [
          { type: 'file', valueString: 'Patient-1-1.ndjson' },
          { type: 'bytes', valueString: '12' },
        ],
      },
    ],
  });
});

test('a refused attempt of nobody known is a failure', () => {
  const event = { at: '2026-05-01T12:00:00Z', action: 'refuse', succeeded: false } as const;
  expect(auditEventResource(event)).toMatchObject({ outcome: '4', agent: [{ requestor: false }] });
});
