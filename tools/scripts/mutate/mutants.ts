import ts from "typescript";

/** A change to a source file that a test should detect. */
export interface Mutant {
  readonly start: number;
  readonly end: number;
  /** Replaces the text from `start` to `end`. */
  readonly text: string;
  readonly line: number;
  /** The kind of code that is changed, such as `conditional`. */
  readonly kind: string;
}

type Replace = (node: ts.Node, text: string, kind: string) => void;

const OPERATORS: ReadonlyMap<ts.SyntaxKind, readonly string[]> = new Map([
  [ts.SyntaxKind.EqualsEqualsEqualsToken, ["!=="]],
  [ts.SyntaxKind.ExclamationEqualsEqualsToken, ["==="]],
  [ts.SyntaxKind.LessThanToken, ["<=", ">="]],
  [ts.SyntaxKind.LessThanEqualsToken, ["<", ">"]],
  [ts.SyntaxKind.GreaterThanToken, [">=", "<="]],
  [ts.SyntaxKind.GreaterThanEqualsToken, [">", "<"]],
  [ts.SyntaxKind.AmpersandAmpersandToken, ["||"]],
  [ts.SyntaxKind.BarBarToken, ["&&"]],
  [ts.SyntaxKind.PlusToken, ["-"]],
  [ts.SyntaxKind.MinusToken, ["+"]],
  [ts.SyntaxKind.AsteriskToken, ["/"]],
  [ts.SyntaxKind.SlashToken, ["*"]],
  [ts.SyntaxKind.PercentToken, ["*"]],
  [ts.SyntaxKind.QuestionQuestionToken, ["&&"]],
  [ts.SyntaxKind.QuestionQuestionEqualsToken, ["="]],
]);

/** Methods that can be replaced by their opposite. */
const OPPOSITES: Readonly<Record<string, string>> = {
  some: "every",
  every: "some",
  startsWith: "endsWith",
  endsWith: "startsWith",
  min: "max",
  max: "min",
  find: "findLast",
  findLast: "find",
};
/** Methods whose call can be removed without changing the type. */
const REMOVABLE = new Set(["filter", "slice", "sort", "toSorted", "reverse", "trim", "toReversed"]);

/** Every mutant of a module, in source order. Types, imports and property names are not changed. */
export function mutantsOf(source: string): Mutant[] {
  const file = ts.createSourceFile("module.ts", source, ts.ScriptTarget.Latest, true);
  const found: Mutant[] = [];
  const replace: Replace = (node, text, kind) => {
    const start = node.getStart(file);
    const { line } = file.getLineAndCharacterOfPosition(start);
    found.push({ start, end: node.end, text, line: line + 1, kind });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isTypeNode(node) || ts.isImportDeclaration(node) || ts.isInterfaceDeclaration(node)) return;
    if (ts.isTypeAliasDeclaration(node) || ts.isExportDeclaration(node)) return;
    mutateOperators(node, replace);
    mutateControl(node, replace);
    mutateValues(node, replace);
    mutateCalls(node, replace);
    ts.forEachChild(node, visit);
  };
  ts.forEachChild(file, visit);
  return found.sort((one, other) => one.start - other.start);
}

function mutateOperators(node: ts.Node, replace: Replace): void {
  if (ts.isBinaryExpression(node)) {
    const isText = [node.left, node.right].some(
      (side) => ts.isStringLiteralLike(side) || ts.isTemplateExpression(side),
    );
    if (isText && node.operatorToken.kind === ts.SyntaxKind.PlusToken) return;
    for (const text of OPERATORS.get(node.operatorToken.kind) ?? [])
      replace(node.operatorToken, text, "operator");
  }
  if (ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.ExclamationToken)
    replace(node, node.operand.getText(), "negation");
  if (ts.isPostfixUnaryExpression(node) && node.operator === ts.SyntaxKind.PlusPlusToken)
    replace(node, `${node.operand.getText()}--`, "increment");
}

function mutateControl(node: ts.Node, replace: Replace): void {
  const condition = ts.isConditionalExpression(node)
    ? node.condition
    : ts.isIfStatement(node)
      ? node.expression
      : undefined;
  if (condition !== undefined) for (const text of ["true", "false"]) replace(condition, text, "conditional");
  if (ts.isWhileStatement(node)) replace(node.expression, "false", "loop");
  if (ts.isForStatement(node) && node.condition !== undefined) replace(node.condition, "false", "loop");
  if (ts.isExpressionStatement(node) && !isDirective(node)) replace(node, ";", "statement");
  if (ts.isBlock(node) && node.statements.length > 0 && ts.isFunctionLike(node.parent))
    replace(node, "{}", "body");
  if (ts.isArrowFunction(node) && !ts.isBlock(node.body)) replace(node.body, "(undefined as never)", "body");
}

function isDirective(node: ts.ExpressionStatement): boolean {
  return ts.isStringLiteral(node.expression);
}

function mutateValues(node: ts.Node, replace: Replace): void {
  if (node.kind === ts.SyntaxKind.TrueKeyword) replace(node, "false", "boolean");
  if (node.kind === ts.SyntaxKind.FalseKeyword) replace(node, "true", "boolean");
  const isName = ts.isPropertyAssignment(node.parent) && node.parent.name === node;
  const isEmpty = ts.isStringLiteralLike(node) && node.text === "";
  if (ts.isStringLiteralLike(node) && !isName) replace(node, isEmpty ? '"mutated"' : '""', "string");
  if (ts.isTemplateExpression(node)) replace(node, "``", "string");
  if (ts.isArrayLiteralExpression(node) && node.elements.length > 0)
    replace(node, "([] as never[])", "array");
  const isPattern = ts.isBinaryExpression(node.parent) && node.parent.left === node;
  if (ts.isObjectLiteralExpression(node) && node.properties.length > 0 && !isPattern)
    replace(node, "({} as never)", "object");
}

function mutateCalls(node: ts.Node, replace: Replace): void {
  if (ts.isPropertyAccessExpression(node) && node.questionDotToken !== undefined)
    replace(node.questionDotToken, ".", "optional chaining");
  if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return;
  const { name, expression } = node.expression;
  const opposite = OPPOSITES[name.text];
  if (opposite !== undefined) replace(name, opposite, "method");
  if (REMOVABLE.has(name.text)) replace(node, expression.getText(), "method");
}
