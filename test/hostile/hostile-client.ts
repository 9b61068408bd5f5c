import { exchange } from './exchange.ts';
import type { HostileRequest, Mode } from './generate/requests.ts';
import type { HostileDeployment, Target } from './hostile-deployment.ts';
import { judge } from './judge.ts';
import { ProcessWatch } from './process-watch.ts';
import { writeRequest, type Known } from './write-request.ts';

const nothingKnown: Known = {
  export: '00000000-0000-4000-8000-000000000000',
  file: '/fhir/$export-file/x/y',
  attachment: '/fhir/$export-attachment/x/y',
};
/** For so many requests an export stays known, so that there is time for it to be completed and fetched. */
const keptFor = 60;
const atOnce = 8;

/** Sends requests to a deployment and judges what comes back; learns from answers what later requests can ask for. */
export class HostileClient {
  readonly #hostile: HostileDeployment;
  readonly #known = new Map<Mode, Known>();
  /** How many requests were answered by which status, by route. */
  readonly answers = new Map<string, Map<number, number>>();
  #sinceExport = keptFor;

  constructor(hostile: HostileDeployment) {
    this.#hostile = hostile;
  }

  /** Sends requests, several at a time; gives what is wrong with their answers. */
  async sendAll(requests: readonly HostileRequest[]): Promise<string[]> {
    const faults: string[] = [];
    const queue = [...requests];
    const work = async (): Promise<void> => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        const fault = await this.#send(next);
        if (fault !== undefined) faults.push(fault);
      }
    };
    await Promise.all(Array.from({ length: atOnce }, work));
    return faults;
  }

  /** Sends requests one by one; gives those that took more CPU time than one may. */
  async findSlow(requests: readonly HostileRequest[], mostSeconds: number): Promise<string[]> {
    const slow: string[] = [];
    for (const request of requests) {
      const before = await this.cpuSeconds();
      await this.#send(request);
      const seconds = (await this.cpuSeconds()) - before;
      if (seconds > mostSeconds) slow.push(`${seconds.toFixed(1)} s of CPU\n${describe(request)}`);
    }
    return slow;
  }

  /** CPU time of all APIs since their start. */
  async cpuSeconds(): Promise<number> {
    const watches = this.#hostile.targets.map(({ api }) => new ProcessWatch(api.pid));
    const seconds = await Promise.all(watches.map((watch) => watch.cpuSeconds()));
    return seconds.reduce((sum, each) => sum + each, 0);
  }

  async #send(request: HostileRequest): Promise<string | undefined> {
    const { mode, route } = request;
    const { api, signer } = this.#targetOf(mode);
    const known = this.#known.get(mode) ?? nothingKnown;
    const bytes = writeRequest(request, { known, signer, assertions: this.#hostile.assertions });
    try {
      const answer = await exchange(api.port, bytes);
      const counts = this.answers.get(route) ?? new Map<number, number>();
      this.answers.set(route, counts.set(answer.status, (counts.get(answer.status) ?? 0) + 1));
      this.#learn(mode, answer.head, answer.body);
      const fault = judge(bytes, answer);
      return fault && `${fault}\n${mode} ${bytes.toString('latin1', 0, 3000)}`;
    } catch (error) {
      return `${String(error)}\n${describe(request)}`;
    }
  }

  #learn(mode: Mode, head: string, body: string): void {
    this.#sinceExport += 1;
    const known = this.#known.get(mode) ?? nothingKnown;
    const [, accepted] = /content-location: \S*\$export-status\/([\w-]+)/i.exec(head) ?? [];
    const [, file] = /"http:\/\/[^/"]+(\/[^"]*\$export-file[^"]*)"/.exec(body) ?? [];
    const [, attachment] = /"http:\/\/[^/"]+(\/[^"]*\$export-attachment[^"]*)"/.exec(body) ?? [];
    const isDue = accepted !== undefined && this.#sinceExport > keptFor;
    if (isDue) this.#sinceExport = 0;
    this.#known.set(mode, {
      export: isDue ? accepted : known.export,
      file: file ?? known.file,
      attachment: attachment ?? known.attachment,
    });
  }

  #targetOf(mode: Mode): Target {
    const target = this.#hostile.targets.find((each) => each.mode === mode);
    if (target === undefined) throw new Error(mode);
    return target;
  }
}

function describe({ body, ...others }: HostileRequest): string {
  return `${JSON.stringify(others).slice(0, 2000)} ${body?.toString('latin1', 0, 500) ?? ''}`;
}
