import type { GcsClient } from './gcs-client.ts';
import type { GcsObject } from './gcs-object.ts';

interface Page {
  readonly items?: readonly GcsObject[];
  readonly prefixes?: readonly string[];
  readonly nextPageToken?: string;
}

/** Every object whose name begins with a prefix, page by page. */
export async function* listObjects(client: GcsClient, prefix: string): AsyncGenerator<GcsObject> {
  const fields = 'items(name,size,generation,updated,metadata),nextPageToken';
  for await (const { items = [] } of listPages(client, { prefix, fields })) yield* items;
}

/** What comes between a prefix and the next slash, of every object that has one. */
export async function listFolderNames(client: GcsClient, prefix: string): Promise<string[]> {
  const names: string[] = [];
  const fields = 'prefixes,nextPageToken';
  for await (const page of listPages(client, { prefix, fields, delimiter: '/' })) {
    for (const found of page.prefixes ?? []) names.push(found.slice(prefix.length, -1));
  }
  return names;
}

async function* listPages(
  client: GcsClient,
  query: Readonly<Record<string, string>>,
): AsyncGenerator<Page> {
  let pageToken: string | undefined;
  do {
    const { data } = await client.send<Page>({
      operation: 'storage.objects.list',
      method: 'GET',
      path: `/storage/v1/b/${encodeURIComponent(client.bucket)}/o`,
      query: { ...query, pageToken },
    });
    yield data;
    pageToken = data.nextPageToken;
  } while (pageToken);
}
