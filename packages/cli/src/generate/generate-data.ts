import { makeClinics } from './clinic.ts';
import { FolderWriter, type Written } from './folder-writer.ts';
import { writeGroups } from './groups.ts';
import { makePatient } from './patient.ts';

/** What is to be generated. */
export interface GenerateOptions {
  readonly patients: number;
  /** The same seed gives the same files, byte for byte. */
  readonly seed: number;
  readonly folder: string;
  readonly gzip?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((patients: number) => void) | undefined;
}

/**
 * Writes synthetic patients, their records and Groups of them as NDJSON files; answers what each type's file holds.
 * Memory does not grow with the number of patients.
 */
export async function generateData(options: GenerateOptions): Promise<Map<string, Written>> {
  const { patients, seed, folder, gzip = false, signal, onProgress } = options;
  const writer = await FolderWriter.create(folder, { gzip });
  const emit = (type: string, line: string): void => writer.write(type, line);
  const clinics = makeClinics(seed, Math.max(4, Math.ceil(patients / 200)), emit);
  for (let index = 0; index < patients; index += 1) {
    makePatient(seed, index, clinics, emit);
    await writer.drain();
    if (signal?.aborted) break;
    onProgress?.(index + 1);
  }
  if (!signal?.aborted) await writeGroups(writer, seed, patients);
  const written = await writer.close();
  signal?.throwIfAborted();
  return written;
}
