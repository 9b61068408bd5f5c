/** What is recorded. `complete` and `expire` are what workers do; the others what somebody asked for. */
export type AuditAction =
  'token' | 'kick-off' | 'download' | 'cancel' | 'complete' | 'expire' | 'refuse';

/** One entry of the record of who did what. */
export interface AuditEvent {
  /** Instant text. */
  readonly at: string;
  readonly action: AuditAction;
  readonly succeeded: boolean;
  /** Who; absent when nobody was told. */
  readonly subject?: string | undefined;
  readonly client?: string | undefined;
  /** From where. */
  readonly address?: string | undefined;
  readonly requestId?: string | undefined;
  readonly exportId?: string | undefined;
  /** More of it, by action: level and types, the file, the reason. */
  readonly detail?: Readonly<Record<string, unknown>>;
}

/** In words of http://terminology.hl7.org/CodeSystem/iso-21089-lifecycle, and of FHIR's own list of actions. */
const kinds: Readonly<Record<AuditAction, { action: string; subtype: string }>> = {
  token: { action: 'E', subtype: 'authenticate' },
  'kick-off': { action: 'E', subtype: 'export' },
  download: { action: 'R', subtype: 'disclose' },
  cancel: { action: 'D', subtype: 'cancel' },
  complete: { action: 'E', subtype: 'extract' },
  expire: { action: 'D', subtype: 'destroy' },
  refuse: { action: 'E', subtype: 'refuse' },
};

/** Renders an entry as a FHIR AuditEvent. https://hl7.org/fhir/R4/auditevent.html */
export function auditEventResource(event: AuditEvent): object {
  const {
    at,
    action,
    succeeded,
    subject,
    client,
    address,
    requestId,
    exportId,
    detail = {},
  } = event;
  const kind = kinds[action];
  const isTold = subject !== undefined || client !== undefined || address !== undefined;
  return {
    resourceType: 'AuditEvent',
    type: { system: 'http://terminology.hl7.org/CodeSystem/audit-event-type', code: 'rest' },
    subtype: [{ system: 'urn:sluice:audit-action', code: kind.subtype, display: action }],
    action: kind.action,
    recorded: at,
    outcome: succeeded ? '0' : '4',
    agent: [
      {
        ...(subject === undefined ? {} : { altId: subject }),
        ...(client === undefined ? {} : { name: client }),
        requestor: isTold,
        ...(address === undefined ? {} : { network: { address, type: '2' } }),
      },
    ],
    source: { observer: { display: 'Sluice' } },
    entity: [
      ...(exportId === undefined ? [] : [{ what: { identifier: { value: exportId } } }]),
      ...(requestId === undefined ? [] : [{ name: 'X-Request-Id', description: requestId }]),
      ...(Object.keys(detail).length === 0
        ? []
        : [
            {
              name: 'detail',
              detail: Object.entries(detail).map(([type, value]) => ({
                type,
                valueString: typeof value === 'string' ? value : JSON.stringify(value),
              })),
            },
          ]),
    ],
  };
}
