import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import ts from 'typescript';

const root = join(import.meta.dirname, '../..');

/** A function (or class) that a source file exports. */
export interface ExportedFunction {
  /** `fhir/instant.ts#parseInstant` */
  readonly id: string;
  /** It takes a text, and its name or its body says that it reads it. */
  readonly isParser: boolean;
}

/** The functions and classes that packages and services export, tests and generated code left out. */
export function exportedFunctions(): ExportedFunction[] {
  return ['packages', 'services'].flatMap((group) =>
    readdirSync(join(root, group)).flatMap((name) =>
      functionsBelow(join(root, group, name, 'src')),
    ),
  );
}

function functionsBelow(folder: string): ExportedFunction[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return files
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .filter((file) => !file.startsWith('generated'))
    .flatMap((file) => functionsOf(join(folder, file)));
}

function functionsOf(path: string): ExportedFunction[] {
  const file = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true);
  const place = relative(root, path).split('/').slice(1).join('/').replace('/src/', '/');
  return file.statements
    .filter((it) => ts.isFunctionDeclaration(it) || ts.isClassDeclaration(it))
    .filter((it) => it.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword))
    .map((it) => ({
      id: `${place}#${it.name?.text}`,
      isParser: ts.isFunctionDeclaration(it) && isParser(it),
    }));
}

const readsText =
  /^(parse|read|scan|split|check|unescape|repair|minify|wants|prefers|accepts|forbids)(?=[A-Z])/;
const readsValue = /^(parse|read|check)(?=[A-Z])/;
const textual =
  /^(Buffer|Uint8Array|string( \| undefined)?|readonly (string|\(string \| undefined\))\[\])$/;

function isParser(declaration: ts.FunctionDeclaration): boolean {
  const type = declaration.parameters[0]?.type?.getText() ?? '';
  const name = declaration.name?.text ?? '';
  if (type === 'unknown') return readsValue.test(name);
  return textual.test(type) && (readsText.test(name) || looksIntoText(declaration));
}

const methods = new Set(['split', 'match', 'matchAll', 'exec', 'test', 'replace', 'indexOf']);

/** Whether there is an expression, a search or JSON.parse in it. */
function looksIntoText(node: ts.Node): boolean {
  if (ts.isRegularExpressionLiteral(node)) return true;
  if (ts.isPropertyAccessExpression(node)) {
    if (methods.has(node.name.text) || node.getText() === 'JSON.parse') return true;
  }
  return ts.forEachChild(node, (child) => looksIntoText(child) || undefined) === true;
}
