import type { StagedResource } from '@sluice/postgres';
import { ConditionalTargets, keyOf } from './conditional-targets.ts';
import { isUnloadable, type LoadProblem, withoutPatient } from './load-problem.ts';
import type { Find } from './match-entries.ts';
import { readResource } from './read-resource.ts';
import { listSearches, type Searches, writeLiterals } from './resolve-references.ts';
import { Spool, type SpooledText } from './spool.ts';
import { type ReadResource, stageResource, type StageOptions } from './stage-resource.ts';

/** A resource that is stored once it is known what its conditional references lead to. */
export interface HeldResource {
  readonly read: ReadResource;
  readonly searches: Searches;
  readonly line: number;
  /** Where it is on that line, to begin a message with: `entry 3: `. */
  readonly place: string;
  /** An entry of a transaction, which fails unless each leads to one resource. */
  readonly isEntry: boolean;
}

interface Origin {
  readonly file: string;
  readonly line: number;
  readonly place: string;
  readonly isEntry: boolean;
}

/** What becomes of resources that were held. */
export interface HeldResourcesOptions {
  readonly stageOptions: StageOptions;
  readonly find: Find;
  /** Store what leads nowhere all the same. */
  readonly keepsUnresolved: boolean;
  readonly store: (staged: StagedResource) => Promise<void> | undefined;
  /** Resolves when all that was handed to `store` can be found. */
  readonly flush: () => Promise<void>;
  readonly onProblem: (problem: LoadProblem) => void;
}

/** Looked up together. */
const batchResources = 1000;
const batchBytes = 8 * 1024 * 1024;

/**
 * Stores resources whose conditional references have to lead somewhere: at once where they do, else when all other input is in, since what they
 * look for may come with a later file. Until then they are in a temporary file. What was held may be what others look for, so it is gone
 * through again as long as that helps. https://hl7.org/fhir/R4/http.html#trules
 */
export class HeldResources {
  readonly #options: HeldResourcesOptions;
  readonly #targets: ConditionalTargets;
  #spool = new Spool<Origin>();

  constructor(options: HeldResourcesOptions) {
    this.#options = options;
    this.#targets = new ConditionalTargets(options.find);
  }

  /** Takes a resource of a file. */
  async add({ read, searches, ...place }: HeldResource, file: string): Promise<void> {
    const origin = { file, ...place };
    await this.#targets.lookUp(searches.followed);
    if (this.#failuresOf(searches).length === 0) await this.#store(read, origin);
    else await this.#spool.add({ origin, bytes: read.bytes });
  }

  /** Decides on all that is held. */
  async finish(): Promise<void> {
    for (;;) {
      const held = this.#spool;
      const before = held.count;
      if (before === 0) return;
      await this.#options.flush();
      this.#targets.forgetFailed();
      this.#spool = new Spool();
      try {
        await this.#goThrough(held, (text, read) =>
          this.#spool.add({ ...text, bytes: read.bytes }),
        );
      } finally {
        await held.dispose();
      }
      if (this.#spool.count === before) break;
    }
    await this.#goThrough(this.#spool, (text, read) => this.#giveUp(text.origin, read));
  }

  /** Removes what is on disk. */
  async dispose(): Promise<void> {
    await this.#spool.dispose();
  }

  async #goThrough(
    spool: Spool<Origin>,
    onFailure: (text: SpooledText<Origin>, read: ReadResource) => Promise<void>,
  ): Promise<void> {
    let batch: SpooledText<Origin>[] = [];
    let bytes = 0;
    const work = async (): Promise<void> => {
      const all = batch.map((text) => ({ text, read: readResource(text.bytes) }));
      batch = [];
      bytes = 0;
      const wanted = all.map(({ read }) => this.#searchesOf(read));
      const references = wanted.flatMap(({ followed }) => followed);
      await this.#targets.lookUp([
        ...new Map(references.map((each) => [keyOf(each), each])).values(),
      ]);
      for (const [index, { text, read }] of all.entries()) {
        const failures = this.#failuresOf(wanted[index] ?? none);
        if (failures.length === 0) await this.#store(read, text.origin);
        else await onFailure(text, read);
      }
    };
    for await (const text of spool.read()) {
      batch.push(text);
      bytes += text.bytes.length;
      if (batch.length >= batchResources || bytes >= batchBytes) await work();
    }
    await work();
  }

  async #giveUp(origin: Origin, read: ReadResource): Promise<void> {
    if (!origin.isEntry || this.#options.keepsUnresolved) {
      await this.#store(read, origin);
      return;
    }
    const [first = ''] = this.#failuresOf(this.#searchesOf(read));
    this.#report(
      origin,
      `${first}, so the entry of a transaction fails; load what it refers to as well, or use --lenient`,
    );
  }

  /** Why searches lead nowhere, in words. */
  #failuresOf({ followed, others }: Searches): string[] {
    const failed = followed.filter((each) => this.#targets.idOf(keyOf(each)) === undefined);
    return [
      ...others.map((key) => `it refers to "${withoutPatient(key)}", which cannot be looked up`),
      ...failed.map((each) => {
        const count = this.#targets.countOf(keyOf(each));
        const found = count === 0 ? 'no resource' : `${count} resources`;
        return `it refers to "${withoutPatient(keyOf(each))}", which finds ${found}`;
      }),
    ];
  }

  async #store(read: ReadResource, origin: Origin): Promise<void> {
    const { stageOptions, store } = this.#options;
    try {
      const bytes =
        stageOptions.resolve === true
          ? writeLiterals(read.bytes, (key) => this.#targets.idOf(key), stageOptions.bases)
          : read.bytes;
      const written = bytes === read.bytes ? read : readResource(bytes);
      await store(stageResource(written, origin.line, stageOptions));
    } catch (error) {
      if (!isUnloadable(error)) throw error;
      this.#report(origin, error.message);
    }
  }

  #report({ file, line, place }: Origin, message: string): void {
    this.#options.onProblem({ file, line, message: place + message });
  }

  #searchesOf(read: ReadResource): Searches {
    return listSearches(read, this.#options.stageOptions.bases) ?? none;
  }
}

const none: Searches = { followed: [], others: [] };
