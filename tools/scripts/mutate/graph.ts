import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import ts from "typescript";

export const PROJECT = join(import.meta.dirname, "../../..");

const PARTS = "{staging,kube,lib,config,platform,components,policy,tools,test}";
const IMPORT = /(?:from|import)\s*\(?\s*"(\.[^"]+)"/g;
/** Mocha's functions whose callback runs with the tests. That of `describe` runs while modules are loaded. */
const RUN_WITH_TESTS = new Set(["it", "before", "beforeEach", "after", "afterEach"]);

/** The modules that import each module, keyed by that module's path. */
const importers = new Map<string, Set<string>>();
for (const file of globSync(`${PARTS}/**/*.ts`, { cwd: PROJECT }))
  for (const [, specifier = ""] of readFileSync(join(PROJECT, file), "utf8").matchAll(IMPORT)) {
    const imported = join(dirname(file), specifier);
    importers.set(imported, (importers.get(imported) ?? new Set()).add(file));
  }

/** The paths of a module and of every module that imports it, directly or indirectly. */
export function dependentsOf(file: string): ReadonlySet<string> {
  const found = new Set([file]);
  // Iterating over a set also visits elements that are added during the loop.
  for (const each of found) for (const importer of importers.get(each) ?? []) found.add(importer);
  return found;
}

/** The names of the values that a module exports. */
export function exportsOf(file: string): string[] {
  return parse(file).statements.flatMap((statement) => {
    if (ts.isExportDeclaration(statement) && statement.exportClause !== undefined && !statement.isTypeOnly)
      return ts.isNamedExports(statement.exportClause)
        ? statement.exportClause.elements.filter((each) => !each.isTypeOnly).map(({ name }) => name.text)
        : [];
    const exported = ts.canHaveModifiers(statement)
      ? ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)
      : false;
    if (exported !== true) return [];
    if (ts.isVariableStatement(statement))
      return statement.declarationList.declarations.map(({ name }) => name.getText());
    const isValue = ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement);
    return isValue && statement.name !== undefined ? [statement.name.text] : [];
  });
}

/**
 * Whether a module that imports this one uses it while it is loaded, and so may keep values of the original. Errs on the side of true: a callback
 * counts as run while the module is loaded if the call that receives it does.
 */
export function isUsedAtLoad(file: string): boolean {
  return [...(importers.get(file) ?? [])].some((importer) => {
    const source = parse(importer);
    const names = importedNames(source, importer, file);
    const uses = (node: ts.Node): boolean => {
      if (ts.isTypeNode(node) || ts.isImportDeclaration(node) || ts.isInterfaceDeclaration(node))
        return false;
      if (ts.isTypeAliasDeclaration(node) || (ts.isFunctionLike(node) && !runsAtLoad(node))) return false;
      if (ts.isIdentifier(node) && names.has(node.text)) return true;
      return ts.forEachChild(node, (child) => uses(child) || undefined) ?? false;
    };
    return names.size > 0 && uses(source);
  });
}

function runsAtLoad(node: ts.Node): boolean {
  const { parent } = node;
  if (!ts.isCallExpression(parent)) return false;
  return !(ts.isIdentifier(parent.expression) && RUN_WITH_TESTS.has(parent.expression.text));
}

function importedNames(source: ts.SourceFile, importer: string, file: string): Set<string> {
  const names = new Set<string>();
  for (const statement of source.statements) {
    if (!ts.isImportDeclaration(statement) || !ts.isStringLiteral(statement.moduleSpecifier)) continue;
    if (join(dirname(importer), statement.moduleSpecifier.text) !== file) continue;
    const bindings = statement.importClause?.namedBindings;
    if (bindings === undefined || statement.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword)
      continue;
    if (ts.isNamespaceImport(bindings)) names.add(bindings.name.text);
    else for (const each of bindings.elements) if (!each.isTypeOnly) names.add(each.name.text);
  }
  return names;
}

function parse(file: string): ts.SourceFile {
  return ts.createSourceFile(file, readFileSync(join(PROJECT, file), "utf8"), ts.ScriptTarget.Latest, true);
}
