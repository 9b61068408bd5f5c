import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Written } from './folder-writer.ts';
import type { References } from './reference-form.ts';

/** How Bundles are written. */
export interface BundleFolderOptions {
  readonly gzip: boolean;
  readonly references: References;
  /** References only work within a Bundle, so each holds the people and places of care that it refers to as well. */
  readonly isSelfContained: boolean;
}

/**
 * Writes transaction Bundles into a folder: one for each patient, named by the patient's id, and behind them `hospitalInformation.json`
 * and `practitionerInformation.json`, as Synthea names them.
 */
export class BundleFolder {
  readonly #folder: string;
  readonly #options: BundleFolderOptions;
  readonly #written = new Map<string, { lines: number; bytes: number }>();
  /** The people and places of care, as they were made, by `Type/id`. */
  readonly #clinics = new Map<string, string>();

  private constructor(folder: string, options: BundleFolderOptions) {
    this.#folder = folder;
    this.#options = options;
  }

  static async create(folder: string, options: BundleFolderOptions): Promise<BundleFolder> {
    await mkdir(folder, { recursive: true });
    return new BundleFolder(folder, options);
  }

  /** Takes a person or place of care. They come before all patients. */
  addClinic(line: string): void {
    const key = keyOf(line);
    this.#clinics.set(key, line);
    this.#count(key, line);
  }

  /** Writes the Bundle of a patient; of its resources the Patient comes first. */
  async writePatient(lines: readonly string[]): Promise<void> {
    const [patient = ''] = lines;
    for (const line of lines) this.#count(keyOf(line), line);
    const { isSelfContained } = this.#options;
    const clinics = isSelfContained ? this.#referredTo(lines) : [];
    await this.#write(keyOf(patient).slice('Patient/'.length), [...lines, ...clinics]);
  }

  /** Writes what is left; answers what there is of each type, bytes as they were generated. */
  async close(): Promise<Map<string, Written>> {
    const all = [...this.#clinics];
    const linesOf = (arePeople: boolean) =>
      all.flatMap(([key, line]) => (key.startsWith('Practitioner/') === arePeople ? line : []));
    await this.#write('hospitalInformation', linesOf(false));
    await this.#write('practitionerInformation', linesOf(true));
    return new Map([...this.#written].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** The people and places that these refer to, and those that they refer to in turn. */
  #referredTo(lines: readonly string[]): Iterable<string> {
    const found = new Map<string, string>();
    let open: Iterable<string> = lines;
    for (;;) {
      const next: string[] = [];
      for (const line of open) {
        for (const [, key = ''] of line.matchAll(/"reference":"([A-Za-z]+\/[^"/]+)"/g)) {
          const clinic = found.has(key) ? undefined : this.#clinics.get(key);
          if (clinic === undefined) continue;
          found.set(key, clinic);
          next.push(clinic);
        }
      }
      if (next.length === 0) return found.values();
      open = next;
    }
  }

  async #write(name: string, lines: Iterable<string>): Promise<void> {
    const { references, gzip } = this.#options;
    const entries = Array.from(lines, (line) => {
      const key = keyOf(line);
      return `{"fullUrl":"${references.fullUrl(key)}","resource":${references.rewrite(line)},"request":{"method":"PUT","url":"${key}"}}`;
    });
    const text = `{"resourceType":"Bundle","type":"transaction","entry":[\n${entries.join(',\n')}\n]}\n`;
    const path = join(this.#folder, `${name}.json${gzip ? '.gz' : ''}`);
    await writeFile(path, gzip ? gzipSync(text) : text);
  }

  #count(key: string, line: string): void {
    const type = key.slice(0, key.indexOf('/'));
    const { lines, bytes } = this.#written.get(type) ?? { lines: 0, bytes: 0 };
    this.#written.set(type, { lines: lines + 1, bytes: bytes + Buffer.byteLength(line) });
  }
}

/** `Type/id` of a generated line, which begins with both. */
function keyOf(line: string): string {
  const [, type = '', id = ''] = /^\{"resourceType":"([A-Za-z]+)","id":"([^"]+)"/.exec(line) ?? [];
  return `${type}/${id}`;
}
