/** How grave an issue is. https://hl7.org/fhir/R4/valueset-issue-severity.html */
export type IssueSeverity = 'fatal' | 'error' | 'warning' | 'information';

/** What kind of thing went wrong: all codes of https://hl7.org/fhir/R4/valueset-issue-type.html */
export type IssueCode =
  | 'invalid'
  | 'structure'
  | 'required'
  | 'value'
  | 'invariant'
  | 'security'
  | 'login'
  | 'unknown'
  | 'expired'
  | 'forbidden'
  | 'suppressed'
  | 'processing'
  | 'not-supported'
  | 'duplicate'
  | 'multiple-matches'
  | 'not-found'
  | 'deleted'
  | 'too-long'
  | 'code-invalid'
  | 'extension'
  | 'too-costly'
  | 'business-rule'
  | 'conflict'
  | 'transient'
  | 'lock-error'
  | 'no-store'
  | 'exception'
  | 'timeout'
  | 'incomplete'
  | 'throttled'
  | 'informational';

/** One thing to report. `text` is for the reader of the answer; `diagnostics` for whoever runs the client. */
export interface Issue {
  severity: IssueSeverity;
  code: IssueCode;
  text: string;
  diagnostics?: string | undefined;
  /** FHIRPath or parameter names the issue is about. */
  expression?: readonly string[] | undefined;
}

/** An OperationOutcome resource as it is serialised. */
export interface OperationOutcome {
  resourceType: 'OperationOutcome';
  issue: {
    severity: IssueSeverity;
    code: IssueCode;
    details: { text: string };
    diagnostics?: string;
    expression?: readonly string[];
  }[];
}

/**
 * Builds an OperationOutcome. It needs at least one issue (the element is 1..*): an empty list throws, since it would be
 * an answer that says nothing. https://hl7.org/fhir/R4/operationoutcome.html
 */
export function operationOutcome(issues: readonly Issue[]): OperationOutcome {
  if (issues.length === 0) {
    throw new TypeError('an OperationOutcome needs at least one issue');
  }
  return {
    resourceType: 'OperationOutcome',
    issue: issues.map(({ severity, code, text, diagnostics, expression }) => ({
      severity,
      code,
      details: { text },
      ...(diagnostics !== undefined && { diagnostics }),
      ...(expression !== undefined && expression.length > 0 && { expression }),
    })),
  };
}
