/**
 * Name of the stack output that holds the evidence. Pulumi's diffs omit names that begin with two underscores, so an update does not print the whole evidence.
 */
export const EVIDENCE_OUTPUT = "__evidence";
/** Name of the output that describes the evidence in one line. Older programs stored the evidence itself (formats 1 and 2) in this output. */
export const EVIDENCE_LINE_OUTPUT = "evidence";

/** The evidence in a stack's outputs, unparsed; undefined if there is none. */
export function evidenceValue(outputs: Readonly<Record<string, unknown>>): unknown {
  const { [EVIDENCE_OUTPUT]: value, [EVIDENCE_LINE_OUTPUT]: former } = outputs;
  if (value !== undefined) return value;
  return typeof former === "string" ? undefined : former;
}
