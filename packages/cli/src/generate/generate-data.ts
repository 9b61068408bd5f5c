import { BundleFolder } from './bundle-folder.ts';
import { type Emit, makeClinics } from './clinic.ts';
import { FolderWriter, type Written } from './folder-writer.ts';
import { writeGroups } from './groups.ts';
import { makePatient } from './patient.ts';
import { defaultBase, type ReferenceForm, References } from './reference-form.ts';

/** What is to be generated. */
export interface GenerateOptions {
  readonly patients: number;
  /** The same seed gives the same files, byte for byte. */
  readonly seed: number;
  readonly folder: string;
  readonly gzip?: boolean | undefined;
  /** How resources refer to others; relative unless given. `urn` is for Bundles. */
  readonly references?: ReferenceForm | undefined;
  /** Write a transaction Bundle for each patient. Groups, which refer to many, are NDJSON all the same. */
  readonly bundles?: boolean | undefined;
  /** The base of absolute references. */
  readonly base?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((patients: number) => void) | undefined;
}

/**
 * Writes synthetic patients, their records and Groups of them as NDJSON files, or Bundles; answers what there is of each type.
 * Memory does not grow with the number of patients, but for the clinics they go to, one for two hundred of them.
 */
export async function generateData(options: GenerateOptions): Promise<Map<string, Written>> {
  const { patients, seed, signal, onProgress } = options;
  const { ndjson, output, groupReferences } = await openOutput(options);
  const clinics = makeClinics(seed, Math.max(4, Math.ceil(patients / 200)), output.emitClinic);
  for (let index = 0; index < patients; index += 1) {
    makePatient(seed, index, clinics, output.emit);
    await output.endPatient();
    if (signal?.aborted) break;
    onProgress?.(index + 1);
  }
  if (!signal?.aborted) await writeGroups(ndjson, { seed, patients, references: groupReferences });
  const bundled = await output.close();
  const written = new Map([...bundled, ...(await ndjson.close())]);
  signal?.throwIfAborted();
  return new Map([...written].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Where resources go. */
interface Output {
  readonly emitClinic: Emit;
  readonly emit: Emit;
  endPatient(): Promise<void>;
  /** Answers what there is of the types that are not in NDJSON. */
  close(): Promise<Map<string, Written>>;
}

async function openOutput({
  folder,
  gzip = false,
  references: form = 'relative',
  bundles: isBundled = false,
  base = defaultBase,
}: GenerateOptions) {
  const references = new References({ form, base, isBundled });
  const ndjson = await FolderWriter.create(folder, { gzip });
  if (!isBundled) {
    return { ndjson, output: intoLines(ndjson, references), groupReferences: references };
  }
  const isSelfContained = form === 'urn' || form === 'absolute';
  const bundles = await BundleFolder.create(folder, { gzip, references, isSelfContained });
  // The patients are in other Bundles, which no full URL leads to.
  const groupReferences = new References({ form: 'relative', base, isBundled: false });
  return { ndjson, output: intoBundles(bundles, references), groupReferences };
}

function intoLines(writer: FolderWriter, references: References): Output {
  const emit: Emit = (type, line) => writer.write(type, references.rewrite(line));
  return {
    emitClinic: (type, line) => {
      references.note(line);
      emit(type, line);
    },
    emit,
    endPatient: () => writer.drain(),
    close: () => Promise.resolve(new Map()),
  };
}

function intoBundles(bundles: BundleFolder, references: References): Output {
  let lines: string[] = [];
  return {
    emitClinic: (_, line) => {
      references.note(line);
      bundles.addClinic(line);
    },
    emit: (_, line) => void lines.push(line),
    endPatient: async () => {
      await bundles.writePatient(lines);
      lines = [];
    },
    close: () => bundles.close(),
  };
}
