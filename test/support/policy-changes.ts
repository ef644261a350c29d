type Change = readonly [description: string, spec: PolicySpec];

/** The fields of a NetworkPolicy that the platform uses. */
export interface PolicySpec {
  readonly podSelector: object;
  readonly policyTypes: readonly string[];
  readonly ingress: readonly Rule[];
}

interface Rule {
  readonly from?: readonly object[];
  readonly ports?: readonly Port[];
}
interface Port {
  readonly port?: string;
  readonly protocol: string;
}

/** Every change of one rule, port, selector or type of a policy, by description. */
export function policyChanges(spec: PolicySpec): readonly Change[] {
  const { ingress, policyTypes } = spec;
  return [
    ["selects every pod of the namespace", { ...spec, podSelector: {} }],
    ["selects no pod", { ...spec, podSelector: { matchLabels: { app: "none" } } }],
    ["also closes connections from the pods", { ...spec, policyTypes: [...policyTypes, "Egress"] }],
    ["has a rule that opens everything", { ...spec, ingress: [...ingress, {}] }],
    ...ingress.flatMap((rule, index): Change[] => [
      [`lacks rule ${index}`, { ...spec, ingress: ingress.toSpliced(index, 1) }],
      ...ruleChanges(rule).map(([description, changed]): Change => [
        `has rule ${index} ${description}`,
        { ...spec, ingress: ingress.with(index, changed) },
      ]),
    ]),
  ];
}

function ruleChanges(rule: Rule): readonly (readonly [string, Rule])[] {
  const { from, ports = [] } = rule;
  return [
    ["for pods of its namespace only", { ...rule, from: [{ podSelector: {} }] }],
    ["for every port", { ...rule, ports: [] }],
    ...(from === undefined ? [] : [["for everyone", { ...rule, from: [] }] as const]),
    ...ports.flatMap((port, index) => [
      [`without port ${port.port}`, { ...rule, ports: ports.toSpliced(index, 1) }] as const,
      [
        `with the other protocol on port ${port.port}`,
        { ...rule, ports: ports.with(index, otherProtocol(port)) },
      ] as const,
    ]),
  ];
}

const otherProtocol = (port: Port): Port => ({ ...port, protocol: port.protocol === "TCP" ? "UDP" : "TCP" });
