/** The only place that writes to the terminal: results go to stdout, everything else to stderr. */
export function writeLine(text = ''): void {
  process.stdout.write(`${text}\n`);
}

/** Writes a value as one JSON document to stdout. */
export function writeJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, undefined, 2)}\n`);
}

/** Writes a message or a fault to stderr. */
export function writeNote(text: string): void {
  process.stderr.write(`${text}\n`);
}
