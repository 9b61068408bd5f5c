import type { FolderWriter } from './folder-writer.ts';
import { patientId } from './patient.ts';
import type { References } from './reference-form.ts';

const lastUpdated = '2025-06-01T00:00:00.000Z';

/**
 * Writes four Groups: `all-patients`, `every-tenth`, `every-hundredth`, and `nested`, whose members are the second one and
 * the first patient. A Group is one line, however many members it has, so members are written as they come.
 */
export async function writeGroups(
  writer: FolderWriter,
  {
    seed,
    patients,
    references,
  }: { readonly seed: number; readonly patients: number; readonly references: References },
): Promise<void> {
  await writeGroup('all-patients', 'All patients', 1);
  await writeGroup('every-tenth', 'Every tenth patient', 10);
  await writeGroup('every-hundredth', 'Every hundredth patient', 100);
  const nested = `${member('Group/every-tenth')},${member(`Patient/${patientId(seed, 0)}`)}`;
  writer.write('Group', `${begin('nested', 'A Group and a patient')}${nested}]}`);
  await writer.drain();

  function member(relative: string): string {
    return `{"entity":{"reference":"${references.refer(relative)}"}}`;
  }

  async function writeGroup(id: string, name: string, step: number): Promise<void> {
    writer.writePiece('Group', begin(id, name));
    for (let index = 0; index < patients; index += step) {
      const comma = index === 0 ? '' : ',';
      writer.writePiece('Group', comma + member(`Patient/${patientId(seed, index)}`));
      if (index % 1000 === 0) await writer.drain();
    }
    writer.write('Group', ']}');
  }
}

function begin(id: string, name: string): string {
  return `{"resourceType":"Group","id":"${id}","meta":{"versionId":"1","lastUpdated":"${lastUpdated}"},"type":"person","actual":true,"name":"${name}","member":[`;
}
