/**
 * Exported functions that take a text and are not in the list of parsers, with the reason; a place that ends in a slash is a whole
 * folder. Whatever reads text that others can shape belongs into the list.
 */
export const notParsers: Readonly<Record<string, string>> = {
  'embedded/': 'reads what our own processes and their servers have written on this machine',
  'storage/azure/': 'reads what the object store of the deployment answers',
  'storage/gcs/': 'reads what the object store of the deployment answers',
  'auth/client-assertion.ts#checkAssertion':
    'the assertion is read by readJwt, and its rest is jose',
  'auth/fetch-json.ts#fetchJson': 'takes a URL; what it fetches is bounded and goes to readKeySet',
  'auth/sign-assertion.ts#readPrivateKey': 'reads the key of who runs the command',
  'cli/client/check-file.ts#checkFile': 'takes the path of a file and only adds it up',
  'cli/client/follow-export.ts#followExport': 'takes a URL; the answers are read by completedOf',
  'export/export-slot.ts#isStaleLock': 'reads a lock that we have written',
  'fhir/json-bounds.ts#endOfString':
    'called by checkJsonBounds, rewriteReferences and writeLiterals, which are listed',
  'fhir/meta-item.ts#metaInsertion': 'called by markDeleted and compileElements, which are listed',
  'loader/bundle-survey.ts#isNamedNdjson': 'looks at the path of a file',
  'loader/classify-name.ts#findReasonToSkip': 'looks at the name of a file',
  'loader/line-start.ts#cutLine': 'called behind readLineStart, which is listed',
  'loader/manifest-files.ts#isNamedManifest': 'looks at the path of a file',
  'loader/manifest-files.ts#readManifest': 'takes the path of a file; JSON.parse reads its text',
  'loader/read-bytes.ts#readBytes':
    'takes the path of a file; its bytes go to readNdjson and others',
  'loader/read-json.ts#checkSize': 'calls checkJsonBounds, which is listed',
  'loader/read-texts.ts#readTexts': 'takes the path of a file; its texts go to what is listed',
  'queue/progress.ts#sumProgress': 'reads counts that workers have written',
  'runtime/deployment.ts#parseDeployment': 'reads a note that a deployment of ours has written',
  'worker/lines/': 'calls what is listed for each line of resources that were stored',
};
