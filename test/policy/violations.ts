/** The violations of one level in the CLI's output, as `policy type: name`, sorted. */
export function violations(output: string, level: string): string[] {
  const lines = output.matchAll(/^ +- \[(\w+)\](?: \[severity: \w+\])? +(\S+) +\((.*)\)$/gm);
  return [...lines]
    .flatMap(([, found, policy, resource]) => (found === level ? [`${policy ?? ""} ${resource ?? ""}`] : []))
    .sort();
}
