import { isId, operationOutcome, ResourceTextError, scanObject } from '@sluice/fhir';

/**
 * The OperationOutcome about a line that could not be worked on, as a line of NDJSON. It names the resource; nothing else of it, and no message
 * that could quote it, comes in. SPEC C-040, C-043
 */
export function lineFault(type: string, line: Buffer, error: unknown): string {
  const id = findId(line);
  const which = id === undefined ? `A resource of type ${type}` : `${type}/${id}`;
  const outcome = operationOutcome([
    {
      severity: 'error',
      code: 'exception',
      text: `${which} could not be processed, and was left out.`,
      diagnostics: reasonOf(error),
    },
  ]);
  return `${JSON.stringify(outcome)}\n`;
}

/** Messages of a ResourceTextError are ours; others, such as those of JSON.parse, quote the text. */
function reasonOf(error: unknown): string {
  if (error instanceof ResourceTextError) return `The stored text is at fault: ${error.message}.`;
  if (error instanceof SyntaxError) return 'The stored text is not the JSON of a resource.';
  return error instanceof Error ? error.name : 'unknown';
}

function findId(line: Buffer): string | undefined {
  try {
    const id = scanObject(line, 0, ['id'])[0]?.value;
    const text = id && line.toString('utf8', id.start + 1, id.end - 1);
    return text !== undefined && isId(text) ? text : undefined;
  } catch (error) {
    // Where even that cannot be read, the type has to do.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
