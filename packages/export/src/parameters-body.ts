import { Ajv, type ErrorObject } from 'ajv';

/** One entry of a Parameters resource, reduced to text. */
export interface BodyParameter {
  readonly name: string;
  /** Which element held the value, e.g. `valueString`; absent when there was none. */
  readonly form?: string;
  /** The value as text (of a Reference its `reference`, of a Coding its `code`); absent when it has none. */
  readonly value?: string;
}

const text = { type: 'string', maxLength: 65_536 };
const schema = {
  type: 'object',
  required: ['resourceType'],
  properties: {
    resourceType: { const: 'Parameters' },
    // Empty arrays are against FHIR's JSON rules, and are sent all the same.
    parameter: {
      type: 'array',
      maxItems: 250_000,
      items: {
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
          '^value(String|Code|Id|Uri|Url|Canonical|Instant|DateTime|Date|Markdown)$': text,
        },
      },
    },
  },
};

// The first fault is enough, and keeps the work bounded whatever was sent.
const isParameters = new Ajv({ strictTypes: false }).compile<{
  parameter?: Record<string, unknown>[];
}>(schema);

/**
 * Reads the body of a kick-off by POST, a Parameters resource.
 *
 * @returns its entries in order, or a sentence saying what is wrong with its shape
 */
export function readParametersBody(body: unknown): readonly BodyParameter[] | string {
  if (!isParameters(body)) return describe(isParameters.errors?.[0]);
  return (body.parameter ?? []).map((entry) => {
    const form = Object.keys(entry).find((key) => /^value[A-Z]/.test(key));
    const value = form === undefined ? undefined : textOf(entry[form]);
    return {
      name: String(entry['name']),
      ...(form === undefined ? {} : { form }),
      ...(value === undefined ? {} : { value }),
    };
  });
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'object' && value !== null) {
    const { reference, code } = value as { reference?: unknown; code?: unknown };
    return textOf(reference ?? code);
  }
  return ['string', 'boolean', 'number'].includes(typeof value) ? String(value) : undefined;
}

function describe(error: ErrorObject | undefined): string {
  const at = error?.instancePath.slice(1).replaceAll('/', '.') ?? '';
  return `The body must be a Parameters resource${at === '' ? '' : `; ${at} ${error?.message ?? ''}`}.`;
}
