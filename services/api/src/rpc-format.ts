import { stringify } from 'yaml';
import { readJsonMethod, readYamlMethod } from './rpc-method.ts';

/** How a call over /rpc is written, and its answer too. */
export interface RpcFormat {
  /** Media type without parameters, as it came in. */
  readonly mediaType: string;
  /** The method that a call names; `undefined` when it names none or cannot be read. */
  read(call: Buffer): string | undefined;
  write(value: object): string;
}

const yamlTypes = ['text/yaml', 'application/yaml', 'text/x-yaml', 'application/x-yaml'];
const jsonTypes = ['application/json', 'text/json'];

/** The media types that a call can have. */
export const rpcMediaTypes: readonly string[] = [...yamlTypes, ...jsonTypes];

/** The format of JSON, for answers to what has no format. */
export const jsonFormat: RpcFormat = {
  mediaType: 'application/json',
  read: readJsonMethod,
  write: (value) => JSON.stringify(value),
};

/** The format that a Content-Type names, or `undefined`. Without one, a call is taken for JSON. */
export function rpcFormat(contentType: string | undefined): RpcFormat | undefined {
  const mediaType = contentType?.split(';')[0]?.trim().toLowerCase() ?? jsonFormat.mediaType;
  if (jsonTypes.includes(mediaType)) return { ...jsonFormat, mediaType };
  if (!yamlTypes.includes(mediaType)) return undefined;
  return {
    mediaType,
    read: readYamlMethod,
    write: (value) => stringify(value, { lineWidth: 0 }),
  };
}
