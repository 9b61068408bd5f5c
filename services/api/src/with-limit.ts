/** Took too long; it may work next time. */
export class LimitError extends Error {
  readonly transient = true;
}

/** The result of some work, or LimitError once `limitMs` have passed. The work itself goes on. */
export async function withLimit<T>(work: Promise<T>, limitMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    const fail = (): void => reject(new LimitError(`no answer within ${limitMs} ms`));
    timer = setTimeout(fail, limitMs);
  });
  return await Promise.race([work, limit]).finally(() => clearTimeout(timer));
}
