import { isUtf8 } from 'node:buffer';
import { Ajv, type ErrorObject } from 'ajv';
import { ExportError } from './errors.ts';
import { ParametersSplitter } from './parameters-splitter.ts';

/** One entry of a Parameters resource, reduced to text. */
export interface BodyParameter {
  readonly name: string;
  /** Which element held the value, e.g. `valueString`; absent when there was none. */
  readonly form?: string;
  /** The value as text (of a Reference its `reference`, of a Coding its `code`); absent when it has none. */
  readonly value?: string;
}

/** The parameters of a body in their order, or a sentence saying what is wrong with its shape. */
export type ParametersBody = readonly BodyParameter[] | string;

/** How long a body may be, in bytes. */
export interface ParametersLimits {
  /** Everything but the patients that it names. */
  readonly maxBytes: number;
  /** The patients. */
  readonly maxPatientBytes: number;
}

/** More than any kick-off has a use for; patients have a number of their own. */
const maxEntries = 5000;
const maxPatientEntries = 250_000;

const text = { type: 'string', maxLength: 65_536 };
const entrySchema = {
  type: 'object',
  required: ['name'],
  properties: {
    name: { type: 'string', minLength: 1, maxLength: 256 },
    valueReference: { type: 'object', properties: { reference: text } },
    valueCoding: { type: 'object', properties: { code: text } },
    valueBoolean: { type: 'boolean' },
    valueInteger: { type: 'integer' },
    valuePositiveInt: { type: 'integer' },
  },
  patternProperties: {
    '^value(String|Code|Id|Uri|Url|Canonical|Instant|DateTime|Date|Markdown)$': {
      type: 'string',
      maxLength: 524_288,
    },
  },
};
const envelopeSchema = {
  type: 'object',
  required: ['resourceType'],
  // Empty arrays are against FHIR's JSON rules, and are sent all the same.
  properties: { resourceType: { const: 'Parameters' }, parameter: { type: 'array' } },
};

// The first fault is enough, and keeps the work bounded whatever was sent.
const ajv = new Ajv({ strictTypes: false });
const isEntry = ajv.compile<Record<string, unknown>>(entrySchema);
const isEnvelope = ajv.compile<{ readonly parameter?: readonly unknown[] }>(envelopeSchema);

/**
 * Reads the body of a kick-off by POST, a Parameters resource, as it comes in. Of each entry only its text is kept, so that a
 * list of 200,000 patients takes little more memory than their ids. SPEC A-123
 */
export class ParametersReader {
  readonly #limits: ParametersLimits;
  readonly #splitter = new ParametersSplitter((entry) => this.#take(entry));
  readonly #parameters: BodyParameter[] = [];
  #fault: string | undefined;
  #bytes = 0;
  #patients = 0;
  #patientBytes = 0;

  constructor(limits: ParametersLimits) {
    this.#limits = limits;
  }

  /** @throws ExportError `body-too-large`, or `invalid-parameter` when it is too deep, has too many entries or is not JSON */
  write(bytes: Buffer): void {
    this.#bytes += bytes.length;
    const { maxBytes, maxPatientBytes } = this.#limits;
    if (this.#bytes > maxBytes + maxPatientBytes) throw tooLong(maxBytes + maxPatientBytes);
    this.#splitter.write(bytes);
    if (this.#bytes - this.#patientBytes > maxBytes) throw tooLong(maxBytes);
  }

  /** @throws ExportError `invalid-parameter` when it is not JSON */
  end(): ParametersBody {
    const envelope = parse(this.#splitter.end());
    if (!isEnvelope(envelope)) return describe(isEnvelope.errors?.[0], '');
    // Entries that the splitter has not seen: the name of their list was written with escapes.
    for (const entry of envelope.parameter ?? []) this.#add(entry);
    return this.#fault ?? this.#parameters;
  }

  #take(entry: Buffer): void {
    const parameter = this.#add(parse(entry));
    if (parameter?.name !== 'patient' || this.#limits.maxPatientBytes === 0) return;
    // With the white space before it.
    this.#patientBytes += entry.length + 1;
    if (this.#patientBytes > this.#limits.maxPatientBytes) {
      throw tooLong(this.#limits.maxPatientBytes);
    }
  }

  #add(entry: unknown): BodyParameter | undefined {
    if (this.#fault !== undefined) return undefined;
    if (!isEntry(entry)) {
      this.#fault = describe(isEntry.errors?.[0], `parameter.${this.#parameters.length}`);
      return undefined;
    }
    const parameter = reduce(entry);
    if (parameter.name === 'patient') this.#patients += 1;
    this.#parameters.push(parameter);
    checkCount(this.#patients, maxPatientEntries, 'patients');
    checkCount(this.#parameters.length - this.#patients, maxEntries, 'other parameters');
    return parameter;
  }
}

/** Reads a body that is there as a whole. */
export function readParametersBody(body: Buffer): ParametersBody {
  const reader = new ParametersReader({ maxBytes: Infinity, maxPatientBytes: Infinity });
  reader.write(body);
  return reader.end();
}

function reduce(entry: Record<string, unknown>): BodyParameter {
  const form = Object.keys(entry).find((key) => /^value[A-Z]/.test(key));
  const value = form === undefined ? undefined : textOf(entry[form]);
  return {
    name: String(entry['name']),
    ...(form === undefined ? {} : { form }),
    ...(value === undefined ? {} : { value }),
  };
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'object' && value !== null) {
    const { reference, code } = value as { reference?: unknown; code?: unknown };
    const inner = reference ?? code;
    return typeof inner === 'object' ? undefined : textOf(inner);
  }
  return ['string', 'boolean', 'number'].includes(typeof value) ? String(value) : undefined;
}

/** A byte order mark before it is left out. */
function parse(bytes: Buffer): unknown {
  try {
    if (!isUtf8(bytes)) throw new SyntaxError('not UTF-8');
    return JSON.parse(bytes.toString().replace(/^\uFEFF/, ''));
  } catch (cause) {
    const text = 'The body is not valid JSON in UTF-8.';
    const issues = [{ severity: 'error', code: 'structure', text } as const];
    throw new ExportError('invalid-parameter', text, { cause, issues });
  }
}

function checkCount(count: number, most: number, what: string): void {
  if (count <= most) return;
  const text = `The body has more than ${most} ${what}.`;
  const issues = [{ severity: 'error', code: 'too-costly', text } as const];
  throw new ExportError('invalid-parameter', text, { issues });
}

function tooLong(bytes: number): ExportError {
  return new ExportError('body-too-large', `The body is longer than ${bytes} bytes.`);
}

function describe(error: ErrorObject | undefined, where: string): string {
  const at = `${where}${error?.instancePath.replaceAll('/', '.') ?? ''}`.replace(/^\./, '');
  return `The body must be a Parameters resource${at === '' ? '' : `; ${at} ${error?.message ?? ''}`}.`;
}
