import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { load, type LoadOptions, type LoadProblem, type LoadSummary } from '@sluice/loader';
import { Deployment } from '../support/deployment.ts';
import { downloadLines, runExport } from '../support/export-client.ts';
import { tempFolder } from '../support/temp-folder.ts';

/** What a load said. */
export interface Loaded extends LoadSummary {
  readonly messages: readonly string[];
}

/** Resources, or the text of a file. */
type Content = string | object | readonly object[];

/** A deployment into which tests load files as people have them. */
export class FieldStore {
  readonly deployment: Deployment;
  readonly base: string;

  private constructor(deployment: Deployment, base: string) {
    this.deployment = deployment;
    this.base = base;
  }

  static async create(env: Record<string, string> = {}): Promise<FieldStore> {
    const deployment = await Deployment.create({ HOUSEKEEPING_INTERVAL: '500ms', ...env });
    const [{ base }] = await Promise.all([deployment.startApi(), deployment.startWorker()]);
    return new FieldStore(deployment, base);
  }

  /** Loads a folder of files; of a list each item is a line. */
  async load(
    files: Readonly<Record<string, Content>>,
    options: Partial<LoadOptions> = {},
  ): Promise<Loaded> {
    const folder = await tempFolder('field');
    for (const [name, content] of Object.entries(files)) {
      await mkdir(dirname(join(folder, name)), { recursive: true });
      await writeFile(join(folder, name), textOf(content));
    }
    const messages: string[] = [];
    const onProblem = ({ message }: LoadProblem): void => void messages.push(message);
    const { pool } = this.deployment.database;
    const summary = await load({ pool, paths: [folder], onProblem, ...options });
    return { ...summary, messages };
  }

  /** `Type/id` of all that an export holds, sorted. */
  async export(path: string): Promise<string[]> {
    const { output } = await runExport(this.base, path);
    const lines = await downloadLines(output);
    return lines.map((line) => {
      const { resourceType, id } = JSON.parse(line) as { resourceType: string; id: string };
      return `${resourceType}/${id}`;
    });
  }

  /** The text of a resource as it is stored now. */
  async read(key: string): Promise<string | undefined> {
    const rows = await this.deployment.query<{ body: string }>(
      `select body from sluice.current_resources where type || '/' || id = $1`,
      [key],
    );
    return rows[0]?.body;
  }

  async drop(): Promise<void> {
    await this.deployment.drop();
  }
}

/** A resource with this identity. */
export function resource(key: string, rest: object = {}): object {
  const [resourceType, id] = key.split('/');
  return { resourceType, id, ...rest };
}

/** A Reference. */
export const to = (reference: string) => ({ reference });

/** An identifier of a system. */
export const identifier = (value: string, system = 'http://ids.example') => ({
  identifier: [{ system, value }],
});

/** A Group of these members. */
export function group(id: string, ...members: string[]): object {
  return resource(`Group/${id}`, {
    type: 'person',
    actual: true,
    member: members.map((reference) => ({ entity: to(reference) })),
  });
}

function textOf(content: Content): string {
  if (typeof content === 'string') return content;
  const lines = Array.isArray(content) ? (content as readonly object[]) : [content];
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
}
